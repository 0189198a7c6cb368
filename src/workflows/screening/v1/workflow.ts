import { defineWorkflow } from '../../../domain/workflow.js';
import { releasedHashes } from '../../released-hashes.js';
import { deadlines } from './deadlines.js';
import { events } from './events.js';
import { guards } from './guards.js';
import { machine } from './machine.js';
import { policy } from './policy.js';
import { roles } from './roles.js';

/** The daily screening of one department (日巡查): a list of what needs a look, each line of which is marked. */
export const screeningV1 = defineWorkflow({
  name: 'screening',
  version: 1,
  title: { en: 'Daily screening', zh: '每日巡查' },
  machine,
  events,
  roles,
  guards,
  deadlines,
  policy,
  archiveYears: 10,
  pinnedHash: releasedHashes['screening@1'],
  states: {
    unopened: { en: 'Not opened', zh: '未开始' },
    listing: { en: 'Being listed', zh: '列单中' },
    marking: { en: 'To be marked', zh: '待核查' },
    closed: { en: 'Closed', zh: '已办结' },
  },
});
