import type { Title } from '../../../domain/title.js';
import type { GuardDefinition } from '../../../domain/workflow.js';
import type { ScreeningContext } from './machine.js';

/** How many of the lines are named. */
const NAMED = 10;

const unmarked = { en: 'Lines are not marked', zh: '巡查清单尚有未核查事项' };

/** Each guard's words for saying no. */
export const guards = {
  listIsWhole: { title: { en: 'Not all lines have been listed', zh: '巡查清单尚未列全' }, reads: 'event' },
  linesAreListed: { title: { en: 'A line is not on the list', zh: '所核查事项不在清单内' }, reads: 'event' },
  ordersStand: {
    title: { en: 'A supervision order has been asked for on this line', zh: '该事项已转督办，不得更改' },
    reads: 'event',
  },
  everyLineIsMarked: {
    title: unmarked,
    reads: 'context',
    explain: ({ context }: { readonly context: ScreeningContext }): Title => {
      const open = Object.values(context.lines).filter(({ finding }) => finding === null);
      const named = open.slice(0, NAMED).map(({ kind, workflow, caseId }) => `${workflow} ${caseId} (${kind})`);
      const more = open.length > NAMED ? ', …' : '';
      return {
        en: `${open.length} line(s) are not marked: ${named.join(', ')}${more}`,
        zh: `尚有 ${open.length} 项未核查：${named.join('、')}${more}`,
      };
    },
  },
} as const satisfies Readonly<Record<string, GuardDefinition>>;
