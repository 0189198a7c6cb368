import type { Explanation, ExplanationStep } from './explain-deadline.js';
import { epochDay, isoWeekday, officeClock, parseInstant } from './office-time.js';
import type { Term, TermUnit } from './term.js';
import type { Title } from './title.js';

export type ExplanationLanguage = keyof Title;

/** Above so many counted days, ordinary ones in a row share a line with the weekends among them. */
const FOLDED_ABOVE = 15;

/**
 * The explanation as text, a line a step, for a clerk, an applicant or a court. Times are the office's. Days off in a row
 * with one reason share a line, and in a long term the ordinary days between anything worth a line of its own; notices
 * are cited by number and listed at the end with their source.
 */
export function explanationText(explanation: Explanation, language: ExplanationLanguage): string {
  const words = WORDS[language];
  const cited = new Map(explanation.notices.map(({ id }, index) => [id, index + 1]));
  const clock = officeClock(explanation.calendar.timeZone);
  const writer: StepWriter = {
    words,
    language,
    wall: (at) => clock.wallText(parseInstant(at)),
    cite: (notice) => {
      const number = notice === undefined ? undefined : cited.get(notice.id);
      return number === undefined ? '' : ` [${number}]`;
    },
  };
  const lines = [words.heading(explanation, language)];
  const { steps } = explanation;
  const long = steps.filter(({ kind }) => kind === 'counted').length > FOLDED_ABOVE;
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index]!;
    const first = index;
    const run = long && step.kind === 'counted' ? ordinaryRun(steps, index) : undefined;
    if (run !== undefined) {
      lines.push(runText(step as CountedStep, run, writer));
      index = run.index;
      continue;
    }
    while (continues(step, steps[index + 1])) index++;
    const last = steps[index]!;
    const until = index > first && 'on' in last ? last.on : undefined;
    lines.push(stepText(step, until, writer));
  }
  lines.push(
    ...explanation.notices.map(
      ({ title, published, source }, index) => `[${index + 1}] ${words.notice(title[language], published, source)}`,
    ),
  );
  return lines.join('\n');
}

type StepWriter = {
  readonly words: Words;
  readonly language: ExplanationLanguage;
  /** An instant as the office's wall clock has it. */
  readonly wall: (at: string) => string;
  readonly cite: (notice: { readonly id: string } | undefined) => string;
};

type CountedStep = Extract<ExplanationStep, { readonly kind: 'counted' }>;

type Run = { readonly index: number; readonly last: CountedStep; readonly weekends: boolean };

/** Ordinary counted days from `first` on, up to the last one before anything else than a weekend; undefined where there is but one. */
function ordinaryRun(steps: readonly ExplanationStep[], first: number): Run | undefined {
  let run: Run | undefined;
  let weekends = false;
  for (let index = first; index < steps.length; index++) {
    const step = steps[index]!;
    if ((step.kind !== 'counted' && step.kind !== 'off') || step.day.notice !== undefined) break;
    if (step.kind === 'off') weekends = true;
    else run = { index, last: step, weekends };
  }
  return run === undefined || run.index === first ? undefined : run;
}

function runText(first: CountedStep, { last, weekends }: Run, { words }: StepWriter): string {
  const dated = (date: string) => `${date} ${words.weekdays[isoWeekday(epochDay(date)) - 1]}`;
  return `${dated(first.on)} – ${dated(last.on)}  ${words.run(first.number, last.number)}${weekends ? words.weekendsOff : ''}`;
}

function continues(step: ExplanationStep, next: ExplanationStep | undefined): boolean {
  if (next === undefined || next.kind !== step.kind) return false;
  if (step.kind === 'pausedDay') return true;
  if (step.kind !== 'off' || next.kind !== 'off') return false;
  const [one, other] = [step.day, next.day];
  return one.kind === other.kind && one.name?.zh === other.name?.zh && one.notice?.id === other.notice?.id;
}

function stepText(step: ExplanationStep, until: string | undefined, writer: StepWriter): string {
  const { words, language, wall, cite } = writer;
  const dated = (date: string) => `${date} ${words.weekdays[isoWeekday(epochDay(date)) - 1]}`;
  const run = (date: string) => (until === undefined ? dated(date) : `${dated(date)} – ${dated(until)}`);
  const reason = (step: { readonly day: { readonly kind: string; readonly name?: Title } }) =>
    step.day.kind === 'off' && step.day.name !== undefined ? step.day.name[language] : words.weekend;
  switch (step.kind) {
    case 'anchor':
      return `${dated(step.on)}  ${words.anchor(step.event, wall(step.at).slice(11))}`;
    case 'moved':
      return `${dated(step.from)}  ${words.moved[step.why](step.to)}${cite(step.day.notice)}`;
    case 'deemed':
      return `${dated(step.on)}  ${words.deemed[step.countsFrom](step.title[language], wall(step.at), step.source)}`;
    case 'countedBack':
      return `${dated(step.on)}  ${words.countedBack(step.title[language], wall(step.at))}`;
    case 'fixed':
      return `${dated(step.on)}  ${words.fixed(step.at === undefined ? undefined : wall(step.at).slice(11))}`;
    case 'startsOver':
      return `${dated(step.on)}  ${words.startsOver(words.term(step.term))}`;
    case 'months':
      return `${dated(step.to)}  ${words.months(step.amount, step.from)}`;
    case 'counted': {
      const makeUp = step.day.kind === 'makeUp' ? words.makeUp(step.day.name?.[language]) : '';
      return `${dated(step.on)}  ${words.counted(step.number)}${makeUp}${cite(step.day.notice)}`;
    }
    case 'hours':
      return `${dated(step.on)}  ${words.hours(wall(step.from).slice(11), wall(step.to).slice(11), tidy(step.hours))}`;
    case 'off':
      return `${run(step.on)}  ${words.off(reason(step))}${cite(step.day.notice)}`;
    case 'pausedDay':
      return `${run(step.on)}  ${words.pausedDay}`;
    case 'pause':
      return `${dated(wall(step.from).slice(0, 10))}  ${words.pause[step.effect](
        wall(step.from),
        step.to === undefined ? undefined : wall(step.to),
        words.term(step.amount),
      )}`;
    case 'extension': {
      const said = step.reason === undefined ? '' : words.because(step.reason);
      return `${dated(wall(step.at).slice(0, 10))}  ${words.extension[step.effect](words.term(step.term))}${said}`;
    }
    case 'termChanged': {
      const said = step.reason === undefined ? '' : words.because(step.reason);
      return `${dated(wall(step.at).slice(0, 10))}  ${words.termChanged[step.effect](words.term(step.term))}${said}`;
    }
    case 'floor':
      return `${dated(wall(step.at).slice(0, 10))}  ${words.floor[step.effect](step.event, words.term(step.term), step.to, step.source)}`;
    case 'shifted':
      return `${dated(step.to)}  ${words.shifted[step.why](step.from)}`;
    case 'rolled':
      return `${dated(step.to)}  ${(step.to < step.from ? words.rolledBack : words.rolled)(step.from, reason(step))}${cite(step.day.notice)}`;
    case 'due': {
      const left = step.held ? words.held(step.remaining === undefined ? undefined : words.term(step.remaining)) : '';
      const due = step.allowedFrom === undefined ? words.due(wall(step.at)) : words.allowed(wall(step.allowedFrom));
      return `${dated(step.on)}  ${due}${left}${step.provisional ? words.provisional : ''}`;
    }
  }
}

/** A length of time in words: `5 working days`. */
export function termText(term: Term, language: ExplanationLanguage): string {
  return WORDS[language].term(term);
}

function tidy(hours: number): string {
  return String(Math.round(hours * 100) / 100);
}

type Words = (typeof WORDS)[ExplanationLanguage];

const UNITS_EN: Readonly<Record<TermUnit, string>> = {
  workingDays: 'working day',
  workingHours: 'working hour',
  calendarDays: 'day',
  months: 'month',
};
const UNITS_ZH: Readonly<Record<TermUnit, string>> = {
  workingDays: '个工作日',
  workingHours: '个工作小时',
  calendarDays: '日',
  months: '个月',
};

const WORDS = {
  en: {
    weekdays: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
    term: ({ amount, unit }: Term) => `${tidy(amount)} ${UNITS_EN[unit]}${amount === 1 ? '' : 's'}`,
    heading: ({ title, kind, term, source, calendar, before }: Explanation, language: ExplanationLanguage): string => {
      const bound = { atMost: 'at most ', atLeast: 'at least ', window: 'within ', before: 'at least ' }[kind];
      const other = before === undefined ? '' : ` before "${before.title[language]}"`;
      const length = term === undefined ? '' : `: ${bound}${WORDS.en.term(term)}${other}`;
      return `${title[language]}${length} (${source}; calendar: ${calendar.title[language]})`;
    },
    notice: (title: string, published: string, source: string) => `${title}, published ${published}, ${source}`,
    anchor: (event: string, time: string) => `${event} at ${time}; this day is not counted`,
    moved: {
      dayOff: (to: string) => `received on a day off: counts as received on ${to}`,
      afterHours: (to: string) => `received after close of business: counts as received on ${to}`,
    },
    deemed: {
      anchor: (limit: string, at: string, source: string) =>
        `"${limit}" (${source}) passed unmet at ${at}: counts from the day above`,
      lapse: (limit: string, at: string, source: string) =>
        `"${limit}" (${source}) passed unmet at ${at}: counts from this day, which is not counted`,
    },
    countedBack: (limit: string, at: string) =>
      `counted back from the end of "${limit}", ${at}; this day is not counted`,
    fixed: (time: string | undefined) => `the end as filed${time === undefined ? '' : `, ${time}`}`,
    startsOver: (term: string) => `the term starts over after the pause: ${term}; this day is not counted`,
    months: (amount: number, from: string) =>
      `${Math.abs(amount)} month${Math.abs(amount) === 1 ? '' : 's'} ${amount < 0 ? 'back ' : ''}from ${from}`,
    counted: (number: number) => `day ${number}`,
    run: (first: number, last: number) => `days ${first} to ${last}`,
    weekendsOff: ', weekends not counted',
    makeUp: (name: string | undefined) => `, a make-up working day${name === undefined ? '' : ` (${name})`}`,
    hours: (from: string, to: string, hours: string) => `${from}–${to}, ${hours} h counted`,
    weekend: 'weekend',
    off: (reason: string) => `off: ${reason}`,
    pausedDay: 'not counted: paused',
    pause: {
      stopsClock: (from: string, to: string | undefined, amount: string) =>
        to === undefined ? `paused since ${from}` : `paused from ${from} to ${to}: ${amount} not counted`,
      startsOver: (from: string, to: string | undefined, _amount: string) =>
        to === undefined ? `paused since ${from}` : `paused from ${from} to ${to}; the term then starts over`,
      tooLate: (from: string, to: string | undefined, _amount: string) =>
        `paused from ${from}${to === undefined ? '' : ` to ${to}`}, after the end: changes nothing`,
    },
    extension: {
      extends: (term: string) => `extended by ${term}`,
      tooLate: (term: string) => `an extension by ${term} came after the end: changes nothing`,
      overLimit: (term: string) => `an extension by ${term} is one more than allowed: changes nothing`,
    },
    termChanged: {
      changes: (term: string) => `the term becomes ${term}`,
      tooLate: (term: string) => `another term, ${term}, came after the end: changes nothing`,
    },
    floor: {
      moves: (event: string, term: string, to: string, source: string) =>
        `${event}: the end is at least ${term} later (${source}), not before ${to}`,
      isMet: (event: string, term: string, to: string, source: string) =>
        `${event}: the end is at least ${term} later (${source}), not before ${to}, as it is`,
      tooLate: (event: string, term: string, _to: string, source: string) =>
        `${event} came after the end: at least ${term} later (${source}) moves nothing`,
    },
    because: (reason: string) => ` (${reason})`,
    shifted: {
      pause: (from: string) => `the end moves on from ${from} by the paused time`,
      dayOff: (from: string) => `the first working day after ${from}`,
      floor: (from: string) => `the end moves on from ${from} to the first day late enough`,
    },
    rolled: (from: string, reason: string) => `the end ${from} is a day off (${reason}): rolls to the next working day`,
    rolledBack: (from: string, reason: string) =>
      `the day ${from} is a day off (${reason}): rolls back to the working day before`,
    due: (at: string) => `due by ${at}`,
    allowed: (at: string) => `allowed from ${at}`,
    held: (left: string | undefined) =>
      `, were the clock to go on at once${left === undefined ? '' : `; ${left} left`}`,
    provisional: ' (provisional: the calendar is not published that far)',
  },
  zh: {
    weekdays: ['周一', '周二', '周三', '周四', '周五', '周六', '周日'],
    term: ({ amount, unit }: Term) => `${tidy(amount)}${UNITS_ZH[unit]}`,
    heading: ({ title, kind, term, source, calendar, before }: Explanation, language: ExplanationLanguage): string => {
      const bound = { atMost: '不超过', atLeast: '不少于', window: '限于', before: '至少提前' }[kind];
      const other = before === undefined ? '' : `“${before.title[language]}”届满前`;
      const length = term === undefined ? '' : `：${other}${bound}${WORDS.zh.term(term)}`;
      return `${title[language]}${length}（${source}；日历：${calendar.title[language]}）`;
    },
    notice: (title: string, published: string, source: string) => `《${title}》，${published}发布，${source}`,
    anchor: (event: string, time: string) => `${time} ${event}，当日不计`,
    moved: {
      dayOff: (to: string) => `休息日收到，视为${to}收到`,
      afterHours: (to: string) => `下班后收到，视为${to}收到`,
    },
    deemed: {
      anchor: (limit: string, at: string, source: string) => `“${limit}”（${source}）至${at}逾期未办，自上述之日起算`,
      lapse: (limit: string, at: string, source: string) =>
        `“${limit}”（${source}）至${at}逾期未办，自该日起算，当日不计`,
    },
    countedBack: (limit: string, at: string) => `自“${limit}”届满（${at}）向前倒计，当日不计`,
    fixed: (time: string | undefined) => `登记的截止日${time === undefined ? '' : ` ${time}`}`,
    startsOver: (term: string) => `中止结束，期限重新起算：${term}，当日不计`,
    months: (amount: number, from: string) => `自${from}${amount < 0 ? '倒计' : '起'}${Math.abs(amount)}个月`,
    counted: (number: number) => `第${number}日`,
    run: (first: number, last: number) => `第${first}日至第${last}日`,
    weekendsOff: '，周末不计',
    makeUp: (name: string | undefined) => `，调休上班${name === undefined ? '' : `（${name}）`}`,
    hours: (from: string, to: string, hours: string) => `${from}–${to}，累计${hours}小时`,
    weekend: '周末',
    off: (reason: string) => `休息：${reason}`,
    pausedDay: '中止期间，不计',
    pause: {
      stopsClock: (from: string, to: string | undefined, amount: string) =>
        to === undefined ? `自${from}起中止计时` : `${from}至${to}中止计时，扣除${amount}`,
      startsOver: (from: string, to: string | undefined, _amount: string) =>
        to === undefined ? `自${from}起中止计时` : `${from}至${to}中止计时，其后重新起算`,
      tooLate: (from: string, to: string | undefined, _amount: string) =>
        `${from}${to === undefined ? '起' : `至${to}`}的中止始于期满之后，不影响期限`,
    },
    extension: {
      extends: (term: string) => `延长${term}`,
      tooLate: (term: string) => `期满之后延长${term}，不影响期限`,
      overLimit: (term: string) => `延长${term}超过允许次数，不影响期限`,
    },
    termChanged: {
      changes: (term: string) => `期限改为${term}`,
      tooLate: (term: string) => `期满之后期限改为${term}，不影响期限`,
    },
    floor: {
      moves: (event: string, term: string, to: string, source: string) =>
        `${event}：距截止不少于${term}（${source}），不早于${to}`,
      isMet: (event: string, term: string, to: string, source: string) =>
        `${event}：距截止不少于${term}（${source}），不早于${to}，已满足`,
      tooLate: (event: string, term: string, _to: string, source: string) =>
        `${event}发生于期满之后：距截止不少于${term}（${source}），不影响期限`,
    },
    because: (reason: string) => `（${reason}）`,
    shifted: {
      pause: (from: string) => `原截止日${from}，按中止时间顺延`,
      dayOff: (from: string) => `${from}之后的第一个工作日`,
      floor: (from: string) => `原截止日${from}，顺延至满足最短期限之日`,
    },
    rolled: (from: string, reason: string) => `截止日${from}为休息日（${reason}），顺延至下一工作日`,
    rolledBack: (from: string, reason: string) => `${from}为休息日（${reason}），提前至上一工作日`,
    due: (at: string) => `截止 ${at}`,
    allowed: (at: string) => `自 ${at} 起方可办理`,
    held: (left: string | undefined) => `（以即刻恢复计时为准${left === undefined ? '' : `，剩余${left}`}）`,
    provisional: '（暂定：日历尚未公布至该日）',
  },
};
