import { defineWorkflow } from '../../../domain/workflow.js';
import { releasedHashes } from '../../released-hashes.js';
import { deadlines } from './deadlines.js';
import { events } from './events.js';
import { machine } from './machine.js';
import { policy } from './policy.js';
import { roles } from './roles.js';

/** An order to a unit to put something right, with a limit by its cause (督办). */
export const supervisionOrderV1 = defineWorkflow({
  name: 'supervision-order',
  version: 1,
  title: { en: 'Supervision order', zh: '督办单' },
  machine,
  events,
  roles,
  guards: {
    causeIsNamed: {
      title: { en: 'The order must name the case it is about, or the matter', zh: '督办单应当载明所涉办件或督办事项' },
      reads: 'event',
    },
    causeIsTheSenders: {
      title: { en: "Only a leader issues an order in a leader's name", zh: '领导批示督办应当由领导下发' },
      reads: 'event',
    },
    visitIsMade: {
      title: {
        en: 'A dissatisfied person must be visited before the order is closed',
        zh: '差评督办应当回访评价人后方可办结',
      },
      reads: 'event',
    },
    visitIsContent: {
      title: {
        en: 'Whoever was visited is still dissatisfied: send the order back instead',
        zh: '回访结果仍不满意的，应当退回整改，不得办结',
      },
      reads: 'event',
    },
  },
  deadlines,
  policy,
  archiveYears: 10,
  pinnedHash: releasedHashes['supervision-order@1'],
  states: {
    unissued: { en: 'Not issued', zh: '未下发' },
    issued: { en: 'Issued', zh: '已下发' },
    accepted: { en: 'Accepted', zh: '已签收' },
    rectified: { en: 'Rectified, to be verified', zh: '已整改，待核实' },
    sentBack: { en: 'Sent back', zh: '退回整改' },
    verified: { en: 'Verified, to be closed', zh: '已核实，待办结' },
    closed: { en: 'Closed', zh: '已办结' },
  },
});
