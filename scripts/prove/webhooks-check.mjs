/**
 * Holds what a receiver has seen against what was raised.
 *
 * @param {readonly { event: string, stream: string }[]} raised in their order
 * @param {readonly { id: string, body: string, genuine: boolean, taken: boolean }[]} arrivals in theirs
 * @returns {{ repeats: number, lost: string[], disordered: string[], forged: string[], renamed: string[] }}
 *   `repeats`: messages taken again · `lost`: alerts never taken · `disordered`: cases whose alerts were not first taken in their order ·
 *   `forged`: requests whose signature does not fit · `renamed`: events under several ids, or ids with several bodies
 */
export function deliveriesOf(raised, arrivals) {
  const ids = new Map();
  const bodies = new Map();
  const taken = new Map();
  const renamed = new Set();
  let repeats = 0;
  arrivals.forEach((arrival, index) => {
    const event = JSON.parse(arrival.body).id;
    if ((ids.get(event) ?? arrival.id) !== arrival.id) renamed.add(event);
    if ((bodies.get(arrival.id) ?? arrival.body) !== arrival.body) renamed.add(event);
    ids.set(event, arrival.id);
    bodies.set(arrival.id, arrival.body);
    if (!arrival.taken) return;
    if (taken.has(event)) repeats += 1;
    else taken.set(event, index);
  });
  const byStream = grouped(raised);
  const disordered = [...byStream].filter(([, events]) => {
    const order = events.map(({ event }) => taken.get(event)).filter((index) => index !== undefined);
    return order.some((index, at) => at > 0 && index < order[at - 1]);
  });
  return {
    repeats,
    lost: raised.filter(({ event }) => !taken.has(event)).map(({ event }) => event),
    disordered: disordered.map(([stream]) => stream),
    forged: arrivals.filter(({ genuine }) => !genuine).map(({ id }) => id),
    renamed: [...renamed],
  };
}

function grouped(raised) {
  const groups = new Map();
  for (const one of raised) groups.set(one.stream, [...(groups.get(one.stream) ?? []), one]);
  return groups;
}
