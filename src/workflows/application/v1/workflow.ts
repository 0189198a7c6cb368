import { defineWorkflow } from '../../../domain/workflow.js';
import { releasedHashes } from '../../released-hashes.js';
import { deadlines } from './deadlines.js';
import { events } from './events.js';
import { guards } from './guards.js';
import { machine } from './machine.js';
import { policy } from './policy.js';
import { roles } from './roles.js';

/** A citizen's or enterprise's application for one item, handled within a promised limit (承诺件). */
export const applicationV1 = defineWorkflow({
  name: 'application',
  version: 1,
  title: { en: 'Application for an item', zh: '政务服务事项办理' },
  machine,
  events,
  roles,
  guards,
  deadlines,
  policy,
  archiveYears: 10,
  pinnedHash: releasedHashes['application@1'],
  states: {
    handling: { en: 'Handling', zh: '办理' },
    'handling.unfiled': { en: 'Not filed yet', zh: '未申请' },
    'handling.received': { en: 'Received', zh: '已收件' },
    'handling.supplementing': { en: 'Waiting for supplement', zh: '待补正' },
    'handling.accepted': { en: 'Accepted', zh: '已受理' },
    'handling.reviewing': { en: 'Under review', zh: '审查中' },
    'handling.specialProcedure': { en: 'In a special procedure', zh: '特别程序中' },
    'handling.reviewed': { en: 'Reviewed, awaiting decision', zh: '待决定' },
    'handling.approved': { en: 'Approved, to be delivered', zh: '准予，待送达' },
    'handling.dispatched': { en: 'Sent by courier', zh: '寄送中' },
    'handling.delivered': { en: 'Delivered', zh: '已送达办结' },
    'handling.denied': { en: 'Denied', zh: '不予许可办结' },
    'handling.notAccepted': { en: 'Not accepted', zh: '不予受理' },
    'handling.withdrawn': { en: 'Withdrawn', zh: '已撤回' },
    'handling.lapsed': { en: 'Lapsed without supplement', zh: '逾期未补正终止' },
    loop: { en: 'Closing loop', zh: '好差评闭环' },
    'loop.waiting': { en: 'No outcome yet', zh: '未到评价环节' },
    'loop.awaitingRating': { en: 'Waiting for a rating', zh: '待评价' },
    'loop.visiting': { en: 'Return visit due', zh: '差评待回访' },
    'loop.rectifying': { en: 'Being rectified', zh: '整改中' },
    'loop.confirming': { en: 'Rectification to be confirmed', zh: '整改待核实' },
    'loop.appealing': { en: 'Appeal under review', zh: '申诉复核中' },
    'loop.ratingAgain': { en: 'May be rated once more', zh: '待追评' },
    'loop.explaining': { en: 'Reason for the delay owed', zh: '待公开超期理由' },
    'loop.explaining.rated': { en: 'Rated; reason for the delay owed', zh: '已评价，待公开超期理由' },
    'loop.explaining.rectified': { en: 'Rectified; reason for the delay owed', zh: '差评已整改，待公开超期理由' },
    'loop.rated': { en: 'Rated', zh: '已评价' },
    'loop.rectified': { en: 'Rectified', zh: '差评已整改' },
    'loop.excluded': { en: 'Rating excluded on appeal', zh: '差评申诉剔除' },
    'loop.unrated': { en: 'Not rated', zh: '逾期未评价' },
    'loop.notDue': { en: 'Nothing to rate', zh: '无需评价' },
  },
});
