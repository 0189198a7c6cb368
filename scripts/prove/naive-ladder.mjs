/**
 * What a clock that never stops would raise, found by letting one tick: whenever a day begins, an office closes or
 * something happens, it looks at a deadline as it then is, counts its days one by one on its fingers, and notes what it
 * has not noted before. Shares nothing with `src`, and knows working days at an office at UTC+8 alone.
 */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OFFICE = 8 * HOUR;

export function naiveLadder(rule, happenings, notices, closes, end) {
  const noted = new Map();
  const first = happenings.find(({ what }) => what === 'anchored');
  const look = (ms) => standing(rule, happenings, notices, closes, ms);
  for (let hour = Math.floor(Date.parse(first.at) / HOUR) * HOUR; hour <= Date.parse(end); hour += HOUR) {
    const wall = (hour + OFFICE) % DAY;
    const eventful = happenings.some(({ at }) => Date.parse(at) > hour && Date.parse(at) < hour + HOUR);
    if (wall !== 0 && wall !== closes && !eventful) continue;
    // And a breath later, when a term has passed.
    const instants = [
      hour,
      hour + 1,
      ...happenings.map(({ at }) => Date.parse(at)).filter((at) => at > hour && at < hour + HOUR),
    ];
    for (const ms of instants) {
      if (ms > Date.parse(end) || ms < Date.parse(first.at)) continue;
      const now = look(ms);
      if (now === undefined || now.over || now.held) continue;
      for (const { name, from } of now.thresholds) {
        const key = `${now.generation}/${name}`;
        if (ms >= from && !noted.has(key)) noted.set(key, new Date(ms).toISOString());
      }
    }
  }
  return {
    rungs: [...noted].map(([key, at]) => ({
      key,
      at,
    })),
    heldAt(at) {
      const now = look(Date.parse(at));
      // What has been met can be held by nothing.
      return now?.held === true && !now.over;
    },
  };
}

function standing(rule, happenings, notices, closes, ms) {
  const past = happenings.filter(({ at }) => Date.parse(at) <= ms);
  const anchor = past.findLastIndex(({ what }) => what === 'anchored');
  if (anchor < 0) return undefined;
  const since = past.slice(anchor);
  const over = past.some(({ what }) => what === 'closed') || since.some(({ what }) => what === 'met');
  const working = (day, asOf) => isWorking(day, inForce(notices, asOf));
  const endOfDay = (day, asOf) => day * DAY - OFFICE + (working(day, asOf) ? closes : DAY);
  function count(events, asOf) {
    let day = officeDay(Date.parse(events[0].at));
    let total = rule.days;
    let granted = 0;
    let pausedFrom;
    let stopped = false;
    let due = walk(day, total);
    let stops = [];
    function walk(start, days) {
      let at = start;
      for (let left = days; left > 0; ) {
        at += 1;
        if (working(at, asOf)) left -= 1;
      }
      return days === 0 && !working(at, asOf) ? walk(start, 1) : at;
    }
    for (const { at, what, granted: stands = false } of events.slice(1)) {
      const instant = Date.parse(at);
      const inTime = stopped || instant <= endOfDay(due, asOf);
      if (what === 'extended' && (stands || (granted < rule.extension.max && inTime))) {
        granted += 1;
        total += rule.extension.days;
        due = settle();
      } else if (what === 'paused') {
        pausedFrom = instant;
        stopped = inTime;
      } else if (what === 'resumed' && pausedFrom !== undefined) {
        if (stopped && rule.onResume === 'reset') {
          day = officeDay(instant);
          stops = [];
          due = walk(day, total);
        } else if (stopped) {
          stops.push({
            from: pausedFrom,
            to: instant,
          });
          due = settle();
        }
        pausedFrom = undefined;
        stopped = false;
      }
    }
    /** The end after each pause in turn: stopped with no day left, the day on which it goes on is the end. */ function settle() {
      let end = walk(day, total);
      for (const { from, to } of stops) {
        const [stop, go] = [Math.max(day, officeDay(from)), Math.max(day, officeDay(to))];
        let left = 0;
        for (let at = stop + 1; at <= end; at += 1) if (working(at, asOf)) left += 1;
        if (left > 0) {
          end = walk(go, left);
          continue;
        }
        let on = go;
        while (!working(on, asOf)) on += 1;
        end = Math.max(end, on);
        if (to > endOfDay(end, asOf)) end = walk(go, 1);
      }
      return end;
    }
    return { due, held: stopped };
  }
  const { due, held } = count(since, ms);
  // Every extension and every fresh start is counted by the ledger; the generation is the last that moved the end.
  const counted = since.filter(({ what }) => what === 'extended' || (what === 'resumed' && rule.onResume === 'reset'));
  const moving = counted.filter((one) => {
    const at = Date.parse(one.at);
    const until = since.indexOf(one);
    return count(since.slice(0, until), at).due !== count(since.slice(0, until + 1), at).due;
  });
  const before = generationsBefore(rule, past.slice(0, anchor));
  const lastBegan = moving.length === 0 ? undefined : Date.parse(moving.at(-1).at);
  const number = before + 1 + counted.filter(({ at }) => Date.parse(at) <= (lastBegan ?? 0)).length;
  const from = lastBegan ?? Date.parse(since[0].at);
  const movers = notices
    .filter(({ published }) => dateMs(published) > from && dateMs(published) <= ms)
    .sort((a, b) => dateMs(a.published) - dateMs(b.published))
    .filter(({ published }) => {
      const at = dateMs(published);
      const then = since.filter((one) => Date.parse(one.at) <= at);
      const [was, is] = [count(then, at - 1), count(then, at)];
      return !is.held && endOfDay(was.due, at - 1) !== endOfDay(is.due, at);
    });
  const generation = [number, ...movers.map(({ id }) => id)].join('+');
  const step = (day, days, by) => {
    let at = day;
    for (let left = days; left > 0; ) {
      at += by;
      if (working(at, ms)) left -= 1;
    }
    return at;
  };
  const start = (day) => day * DAY - OFFICE;
  const late = endOfDay(due, ms) + 1;
  const thresholds = [
    ...rule.warn.map((days) => ({
      name: `nearDue/${days} workingDays`,
      from: start(step(due, days, -1)),
    })),
    {
      name: 'dueToday',
      from: start(due),
    },
    {
      name: 'overdue',
      from: late,
    },
    ...rule.over.map((days) => ({
      name: `over/${days} workingDays`,
      from: Math.max(late, start(step(due, days, 1))),
    })),
  ];
  return {
    held,
    over,
    generation,
    thresholds,
  };
}

function generationsBefore(rule, past) {
  return past.filter(
    ({ what }) => what === 'anchored' || what === 'extended' || (what === 'resumed' && rule.onResume === 'reset'),
  ).length;
}

function officeDay(ms) {
  return Math.floor((ms + OFFICE) / DAY);
}

const dates = new Map();
/** The start of an office date. */ function dateMs(date) {
  const known = dates.get(date) ?? Date.parse(`${date}T00:00:00+08:00`);
  dates.set(date, known);
  return known;
}

/** The notices known at an instant, the last published first. */ function inForce(notices, asOf) {
  return notices
    .filter(({ published }) => dateMs(published) <= asOf)
    .sort((a, b) => dateMs(b.published) - dateMs(a.published));
}

function isWorking(day, known) {
  if (known.length > 0) {
    const date = new Date(day * DAY).toISOString().slice(0, 10);
    const word = known.find(({ off, makeUp }) => off.includes(date) || makeUp.includes(date));
    if (word !== undefined) return word.makeUp.includes(date);
  }
  const weekday = (((day + 4) % 7) + 7) % 7;
  return weekday !== 0 && weekday !== 6;
}
