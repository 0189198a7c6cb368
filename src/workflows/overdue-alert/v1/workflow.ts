import { defineWorkflow } from '../../../domain/workflow.js';
import { releasedHashes } from '../../released-hashes.js';
import { deadlines } from './deadlines.js';
import { events } from './events.js';
import { machine } from './machine.js';
import { policy } from './policy.js';
import { roles } from './roles.js';

/** An alert about one deadline of one case (超期监管): amber while it is near, red once it is over. */
export const overdueAlertV1 = defineWorkflow({
  name: 'overdue-alert',
  version: 1,
  title: { en: 'Overdue alert', zh: '超期预警' },
  machine,
  events,
  roles,
  guards: {
    rungIsRed: { title: { en: 'The deadline is not over', zh: '时限尚未届满' }, reads: 'event' },
    alertIsRed: { title: { en: 'The deadline was not over', zh: '此前时限尚未届满' }, reads: 'context' },
  },
  deadlines,
  policy,
  archiveYears: 10,
  pinnedHash: releasedHashes['overdue-alert@1'],
  states: {
    unraised: { en: 'Not raised', zh: '未预警' },
    raised: { en: 'Raised', zh: '已预警' },
    'raised.amber': { en: 'Amber: near due', zh: '黄色预警（临期）' },
    'raised.red': { en: 'Red: overdue', zh: '红色预警（超期）' },
    acknowledged: { en: 'Acknowledged', zh: '已签收' },
    suspended: { en: 'The watched clock stands still', zh: '被监管时限中止' },
    escalated: { en: 'Under a supervision order', zh: '已转督办' },
    resolved: { en: 'Resolved', zh: '已解除' },
  },
});
