/**
 * What a clock that never stops would raise, found by letting one tick: whenever a day begins or an office closes it looks at a deadline as it then
 * is, counts its days one by one on its fingers, and notes what it has not noted before. Shares nothing with `src`, and
 * knows working days at an office at UTC+8 alone.
 */
export type NaiveNotice = {
  readonly id: string;
  /** The office date from whose start it counts. */
  readonly published: string;
  readonly off: readonly string[];
  readonly makeUp: readonly string[];
};

export type NaiveHappening = {
  /** ISO 8601 in UTC, never on a full hour. */
  readonly at: string;
  readonly what: 'anchored' | 'paused' | 'resumed' | 'extended' | 'met' | 'closed';
};

export type NaiveRule = {
  readonly days: number;
  readonly warn: readonly number[];
  readonly over: readonly number[];
  readonly extension: { readonly max: number; readonly days: number };
  readonly onResume: 'remainder' | 'reset';
};

export type NaiveRung = { readonly key: string; readonly at: string };

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OFFICE = 8 * HOUR;

export function naiveLadder(
  rule: NaiveRule,
  happenings: readonly NaiveHappening[],
  notices: readonly NaiveNotice[],
  closes: number,
  end: string,
): { readonly rungs: readonly NaiveRung[]; heldAt(at: string): boolean } {
  const noted = new Map<string, string>();
  const first = happenings.find(({ what }) => what === 'anchored')!;
  const look = (ms: number) => standing(rule, happenings, notices, closes, ms);
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
    rungs: [...noted].map(([key, at]) => ({ key, at })),
    heldAt: (at) => look(Date.parse(at))?.held ?? false,
  };
}

type Count = { due: number; held: boolean };

function standing(
  rule: NaiveRule,
  happenings: readonly NaiveHappening[],
  notices: readonly NaiveNotice[],
  closes: number,
  ms: number,
) {
  const past = happenings.filter(({ at }) => Date.parse(at) <= ms);
  const anchor = past.findLastIndex(({ what }) => what === 'anchored');
  if (anchor < 0) return undefined;
  const since = past.slice(anchor);
  const over = past.some(({ what }) => what === 'closed') || since.some(({ what }) => what === 'met');
  const working = (day: number, asOf: number) => isWorking(day, inForce(notices, asOf));
  const endOfDay = (day: number, asOf: number) => day * DAY - OFFICE + (working(day, asOf) ? closes : DAY);

  function count(events: readonly NaiveHappening[], asOf: number): Count & { began: number[] } {
    let day = officeDay(Date.parse(events[0]!.at));
    let total = rule.days;
    let granted = 0;
    let pausedFrom: number | undefined;
    let stopped = false;
    const began: number[] = [];
    let due = walk(day, total, []);
    let stops: { from: number; to: number }[] = [];
    function walk(start: number, days: number, pauses: { from: number; to: number }[]): number {
      let at = start;
      for (let left = days; left > 0; ) {
        at += 1;
        const standsStill = pauses.some(({ from, to }) => at > from && at <= to);
        if (working(at, asOf) && !standsStill) left -= 1;
      }
      return days === 0 && !working(at, asOf) ? walk(start, 1, pauses) : at;
    }
    for (const { at, what } of events.slice(1)) {
      const instant = Date.parse(at);
      const inTime: boolean = stopped || instant <= endOfDay(due, asOf);
      if (what === 'extended' && granted < rule.extension.max && inTime) {
        granted += 1;
        total += rule.extension.days;
        began.push(instant);
        due = settle();
      } else if (what === 'paused') {
        pausedFrom = instant;
        stopped = inTime;
      } else if (what === 'resumed' && pausedFrom !== undefined) {
        if (stopped && rule.onResume === 'reset') {
          day = officeDay(instant);
          stops = [];
          began.push(instant);
          due = walk(day, total, []);
        } else if (stopped) {
          stops.push({ from: pausedFrom, to: instant });
          due = settle();
        }
        pausedFrom = undefined;
        stopped = false;
      }
    }
    /** The end after each pause in turn: stopped with no day left, the day on which it goes on is the end. */
    function settle(): number {
      let end = walk(day, total, []);
      for (const { from, to } of stops) {
        const [stop, go] = [Math.max(day, officeDay(from)), Math.max(day, officeDay(to))];
        let left = 0;
        for (let at = stop + 1; at <= end; at += 1) if (working(at, asOf)) left += 1;
        if (left > 0) {
          end = walk(go, left, []);
          continue;
        }
        let on = go;
        while (!working(on, asOf)) on += 1;
        end = Math.max(end, on);
        if (to > endOfDay(end, asOf)) end = walk(go, 1, []);
      }
      return end;
    }
    return { due, held: stopped, began };
  }

  const { due, held, began } = count(since, ms);
  // Every extension and every fresh start is counted by the ledger, in time or not; the generation is the last that counted.
  const counters = since.filter(({ what }) => what === 'extended' || (what === 'resumed' && rule.onResume === 'reset'));
  const before = generationsBefore(rule, past.slice(0, anchor));
  const lastBegan = began.at(-1);
  const number =
    before + 1 + counters.filter(({ at }) => lastBegan !== undefined && Date.parse(at) <= lastBegan).length;
  const from = lastBegan ?? Date.parse(since[0]!.at);
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

  const step = (day: number, days: number, by: 1 | -1) => {
    let at = day;
    for (let left = days; left > 0; ) {
      at += by;
      if (working(at, ms)) left -= 1;
    }
    return at;
  };
  const start = (day: number) => day * DAY - OFFICE;
  const late = endOfDay(due, ms) + 1;
  const thresholds = [
    ...rule.warn.map((days) => ({ name: `nearDue/${days} workingDays`, from: start(step(due, days, -1)) })),
    { name: 'dueToday', from: start(due) },
    { name: 'overdue', from: late },
    ...rule.over.map((days) => ({ name: `over/${days} workingDays`, from: Math.max(late, start(step(due, days, 1))) })),
  ];
  return { held, over, generation, thresholds };
}

function generationsBefore(rule: NaiveRule, past: readonly NaiveHappening[]): number {
  return past.filter(
    ({ what }) => what === 'anchored' || what === 'extended' || (what === 'resumed' && rule.onResume === 'reset'),
  ).length;
}

function officeDay(ms: number): number {
  return Math.floor((ms + OFFICE) / DAY);
}

const dates = new Map<string, number>();

/** The start of an office date. */
function dateMs(date: string): number {
  const known = dates.get(date) ?? Date.parse(`${date}T00:00:00+08:00`);
  dates.set(date, known);
  return known;
}

/** The notices known at an instant, the last published first. */
function inForce(notices: readonly NaiveNotice[], asOf: number): readonly NaiveNotice[] {
  return notices
    .filter(({ published }) => dateMs(published) <= asOf)
    .sort((a, b) => dateMs(b.published) - dateMs(a.published));
}

function isWorking(day: number, known: readonly NaiveNotice[]): boolean {
  if (known.length > 0) {
    const date = new Date(day * DAY).toISOString().slice(0, 10);
    const word = known.find(({ off, makeUp }) => off.includes(date) || makeUp.includes(date));
    if (word !== undefined) return word.makeUp.includes(date);
  }
  const weekday = (((day + 4) % 7) + 7) % 7;
  return weekday !== 0 && weekday !== 6;
}
