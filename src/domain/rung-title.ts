import { termText } from './explanation-text.js';
import type { Rung } from './ladder.js';
import type { Title } from './title.js';

/** What a rung says, for a person: `overdue, due on 2026-03-16`. */
export function rungTitle({ rung, term, dueOn }: Pick<Rung, 'rung' | 'term' | 'dueOn'>): Title {
  const [en, zh] = term === undefined ? ['', ''] : [termText(term, 'en'), termText(term, 'zh')];
  switch (rung) {
    case 'nearDue':
      return { en: `near due, ${en} before ${dueOn}`, zh: `临期：距${dueOn}到期${zh}` };
    case 'dueToday':
      return { en: `due today, ${dueOn}`, zh: `今日到期：${dueOn}` };
    case 'overdue':
      return { en: `overdue, due on ${dueOn}`, zh: `已超期：应于${dueOn}完成` };
    case 'over':
      return { en: `${en} overdue, due on ${dueOn}`, zh: `超期${zh}：应于${dueOn}完成` };
  }
}
