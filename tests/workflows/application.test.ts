import { nextEvents } from '../../src/domain/next-events.js';
import { caseSpec, type SpecEvent } from '../../src/testing/case-spec.js';
import { application } from '../../src/workflows/application/index.js';
import { catalogueLookup } from '../../src/workflows/catalogue/catalogue-lookup.js';
import { countyItems } from '../../src/workflows/catalogue/county-items.js';

// Deadlines are none of these stories' business, unless an event says how they stand.
const lookups = { catalogue: catalogueLookup(countyItems), deadline: () => undefined };
const given = caseSpec(application, { lookups });

const applicant = { kind: 'enterprise', name: '某某餐饮有限公司', idNumber: '91330921MA2A0000X0' };
const handedIn = (...codes: string[]) => codes.map((material) => ({ material, form: 'electronic' }));
const running = { status: 'running', passed: false, dueOn: '2024-04-01' };
const passed = { ...running, passed: true };

const filing = {
  item: 'food-business-licence',
  region: '330921',
  channel: 'window',
  applicant,
  materials: handedIn('application-form', 'premises-layout'),
};
const received: SpecEvent = { type: 'application.received', by: 'intake', data: filing };
const receivedOnline: SpecEvent = {
  ...received,
  by: { id: 'account-9', role: 'applicant' },
  data: { ...filing, channel: 'online' },
};
const receivedIncomplete: SpecEvent = { ...received, data: { ...filing, materials: handedIn('application-form') } };

const notice: SpecEvent = {
  type: 'supplement.requested',
  data: { notice: '补正 2024-17', materials: [{ material: 'premises-layout', defect: 'not handed in' }] },
};
const noticeOver = (...codes: string[]): SpecEvent => ({
  ...notice,
  data: { notice: '补正 2024-18', materials: codes.map((material) => ({ material, defect: 'unsigned' })) },
});
const supplemented: SpecEvent = {
  type: 'application.supplemented',
  data: { materials: handedIn('premises-layout') },
  by: 'intake',
};
const accepted: SpecEvent = { type: 'application.accepted', data: { notice: '受理 2024-5' } };
const notAccepted: SpecEvent = {
  type: 'application.notAccepted',
  data: { notice: '不受理 2024-2', ground: 'notCompetent', competentAuthority: '舟山市市场监督管理局' },
  reason: 'not within the powers of this office',
};
const withdrawn: SpecEvent = { type: 'application.withdrawn', by: 'intake', reason: 'the shop will not open' };
const transferred: SpecEvent = {
  type: 'application.transferred',
  data: { department: 'health' },
  reason: 'a matter of public health',
};
const reviewStarted: SpecEvent = { type: 'review.started' };
const inspection: SpecEvent = {
  type: 'specialProcedure.started',
  data: { procedure: 'inspection', notice: '特别程序 2024-1', expectedEnd: '2024-03-20' },
};
const inspected: SpecEvent = { type: 'specialProcedure.ended', data: { finding: 'in order' } };
const reviewed: SpecEvent = { type: 'review.completed', data: { opinion: 'approve', basis: '食品安全法 33' } };
const extended: SpecEvent = {
  type: 'decision.extended',
  data: { notice: '延期 2024-1' },
  reason: 'the layout must be checked on site',
  facts: { decision: running },
};
const approved: SpecEvent = { type: 'application.approved', data: { decision: '准予 2024-8' } };
const denied: SpecEvent = {
  type: 'application.denied',
  data: {
    decision: '不予 2024-1',
    remedies: {
      reconsideration: { authority: '岱山县人民政府', days: 60 },
      litigation: { court: '岱山县人民法院', months: 6 },
    },
  },
  reason: 'the premises lie next to a rubbish tip',
};
const delivered: SpecEvent = { type: 'result.delivered', data: { method: 'window' } };
const rated = (level: number): SpecEvent => ({ type: 'evaluation.given', data: { level }, by: 'ratingTerminal' });
const visited: SpecEvent = { type: 'returnVisit.recorded', data: { means: 'telephone', cause: 'waited two hours' } };
const rectified: SpecEvent = { type: 'rectification.completed', data: { measures: 'a second counter at noon' } };
const confirmed: SpecEvent = { type: 'rectification.confirmed' };
const appealed: SpecEvent = { type: 'appeal.filed', data: { ground: 'mistaken' }, reason: 'meant for another window' };
const upheld: SpecEvent = {
  type: 'appeal.upheld',
  by: { role: 'supervisor', department: 'government-office' },
  reason: 'another window',
};
const dismissed: SpecEvent = { ...upheld, type: 'appeal.dismissed', reason: 'the records say otherwise' };

const underReview = [received, accepted, reviewStarted];
const toApproval = [...underReview, reviewed, approved];
const toDelivery = [...toApproval, delivered];

describe('an application is received', () => {
  it('by a window clerk', () => given().when(received).thenState('handling.received', 'loop.waiting'));

  it('from the applicant, who then owns the case', () =>
    given().when(receivedOnline).thenLabels({ owner: 'account-9', channel: 'online' }));

  it('with the item version in force, its department, region and applicant as labels', () =>
    given()
      .when(received)
      .thenLabels({
        item: { id: 'food-business-licence', version: 2 },
        department: 'market-regulation',
        region: '330921',
        applicant: 'subject-91330921MA2A0000X0',
      }));

  it('with the version that was in force when it happened', () =>
    given()
      .when({ ...received, at: '2023-12-31T15:59:00.000Z' })
      .thenLabels({ item: { id: 'food-business-licence', version: 1 } }));

  it('without its personal data being seen by the machine', () =>
    given()
      .when(received)
      .thenCase((state) => expect(JSON.stringify([state.snapshot.context, state.labels])).not.toContain('餐饮')));

  it('not for an item the catalogue does not have', () =>
    given()
      .when({ ...received, data: { ...filing, item: 'dog-licence' } })
      .thenRefused('GUARD_DENIED', 'no such item in force: dog-licence'));

  it('not for a withdrawn item, with a pointer to its successor', () =>
    given()
      .when({ ...received, data: { ...filing, item: 'tax-registration-certificate' } })
      .thenRefused('GUARD_DENIED', 'apply for company-registration instead'));

  it('not through an agent where the applicant must come in person', () =>
    given()
      .when({
        ...received,
        data: {
          ...filing,
          item: 'marriage-registration',
          agent: { name: '李四', idNumber: '33092119900101001X', authority: '授权 1' },
        },
      })
      .thenRefused('GUARD_DENIED', '本人到场'));

  it('not by a clerk of another region', () =>
    given()
      .when({ ...received, by: { role: 'intake', region: '330902' } })
      .thenRefused('OUT_OF_SCOPE'));

  it('not with data that is no application', () =>
    given()
      .when({ ...received, data: { ...filing, region: 'Daishan' } })
      .thenRefused('EVENT_DATA_INVALID', 'region'));
});

describe('acceptance', () => {
  it('puts the application before the department', () => given(received).when(accepted).thenState('handling.accepted'));

  it('fails while required materials are missing, and names them', () => {
    given(receivedIncomplete)
      .when(accepted)
      .thenRefused('GUARD_DENIED', 'Layout of premises and equipment (premises-layout)');
    given(receivedIncomplete).when(accepted).thenRefused('GUARD_DENIED', '经营场所和设备布局图');
  });

  it('shows beforehand that it is blocked, and by what', () =>
    given()
      .when(receivedIncomplete)
      .thenCase((state) => {
        const next = nextEvents(state, { id: 'clerk-1', roles: ['intake'], region: '330921' });
        const acceptance = next.find(({ type }) => type === 'application.accepted');
        expect(acceptance?.permitted).toBe(false);
        expect(acceptance?.blockedBy?.[0]?.title.en).toContain('premises-layout');
      }));

  it('wants no material that the state holds', () => given(received).when(accepted).thenState('handling.accepted'));

  it('is refused with the competent authority named', () =>
    given(received).when(notAccepted).thenState('handling.notAccepted', 'loop.awaitingRating'));

  it('is not refused as not competent without naming who is', () =>
    given(received)
      .when({ ...notAccepted, data: { notice: '1', ground: 'notCompetent' } })
      .thenRefused('GUARD_DENIED', 'competent authority'));

  it('is not refused without reason', () => {
    const { reason: _none, ...withoutReason } = notAccepted;
    given(received).when(withoutReason).thenRefused('REASON_REQUIRED');
  });

  it('of a public service is not refused for want of a licence', () =>
    given({ ...received, data: { ...filing, item: 'social-security-card' } })
      .when({ ...notAccepted, data: { notice: '1', ground: 'noLicenceNeeded' } })
      .thenRefused('GUARD_DENIED', '仅适用于行政许可'));

  it('is not for the applicant to declare', () =>
    given(receivedOnline)
      .when({ ...accepted, by: 'applicant' })
      .thenRefused('ROLE_NOT_PERMITTED'));
});

describe('supplement', () => {
  it('is asked for in one notice', () => given(receivedIncomplete).when(notice).thenState('handling.supplementing'));

  it('brings the application back to be accepted', () =>
    given(receivedIncomplete, notice, supplemented).when(accepted).thenState('handling.accepted'));

  it('must bring all the notice asked for', () =>
    given(receivedIncomplete, noticeOver('premises-layout', 'application-form'))
      .when(supplemented)
      .thenRefused('GUARD_DENIED', 'application-form'));

  it('is not asked for twice over materials already seen', () =>
    given(receivedIncomplete, notice, supplemented)
      .when(noticeOver('application-form', 'premises-layout'))
      .thenRefused('GUARD_DENIED', /told once.*asked for again: application-form\b(?!, premises)/));

  it('is not asked for twice over what the first notice forgot', () =>
    given(receivedIncomplete, notice, supplemented)
      .when(noticeOver('lease'))
      .thenRefused('GUARD_DENIED', '一次性告知'));

  it('may be asked for again over what came since', () =>
    given(receivedIncomplete, notice, supplemented)
      .when(noticeOver('premises-layout'))
      .thenState('handling.supplementing'));

  it('may not ask for what the state holds', () =>
    given(received).when(noticeOver('business-licence')).thenRefused('GUARD_DENIED', 'business-licence'));

  it('lapses when it was never answered', () =>
    given(receivedIncomplete, notice)
      .when({ type: 'supplement.lapsed', facts: { supplement: passed } })
      .thenClosed('handling.lapsed', 'loop.notDue'));

  it('does not lapse before its time', () =>
    given(receivedIncomplete, notice)
      .when({ type: 'supplement.lapsed', facts: { supplement: running } })
      .thenRefused('GUARD_DENIED', '补正期限尚未届满'));

  it('is over once the application is accepted', () =>
    given(received, accepted).when(notice).thenRefused('EVENT_NOT_ALLOWED'));
});

describe('review', () => {
  it('is opened by the department', () =>
    given(received, accepted).when(reviewStarted).thenState('handling.reviewing'));

  it('is not open to another department', () =>
    given(received, accepted)
      .when({ ...reviewStarted, by: { role: 'reviewer', department: 'health' } })
      .thenRefused('OUT_OF_SCOPE', 'department'));

  it('is not done by whoever took the application in', () =>
    given(received, accepted)
      .when({ ...reviewStarted, by: { role: 'reviewer', id: 'intake-1' } })
      .thenRefused('SAME_PERSON', 'application.received'));

  it.each(['hearing', 'inspection', 'testing'])('stops for a %s the item provides for', (procedure) =>
    given(...underReview)
      .when({ ...inspection, data: { ...inspection.data, procedure } })
      .thenState('handling.specialProcedure'),
  );

  it('does not stop for a procedure the item does not provide for', () =>
    given(...underReview)
      .when({ ...inspection, data: { ...inspection.data, procedure: 'auction' } })
      .thenRefused('GUARD_DENIED', 'may not stop the clock: auction'));

  it('does not stop for a site visit', () =>
    given(...underReview)
      .when({ ...inspection, data: { ...inspection.data, procedure: 'siteVisit' } })
      .thenRefused('EVENT_DATA_INVALID', 'procedure'));

  it('goes on after the special procedure', () =>
    given(...underReview, inspection, inspected)
      .when(reviewed)
      .thenState('handling.reviewed'));

  it('begins again where the decider sends it back', () =>
    given(...underReview, reviewed)
      .when({ type: 'review.returned', reason: 'the basis is wrong' })
      .thenState('handling.reviewing'));

  it('passes to another department with the case', () => {
    given(...underReview)
      .when(transferred)
      .thenState('handling.accepted');
    given(...underReview)
      .when(transferred)
      .thenLabels({ department: 'health' });
  });

  it('does not pass to the department that has it', () =>
    given(...underReview)
      .when({ ...transferred, data: { department: 'market-regulation' } })
      .thenRefused('GUARD_DENIED', '已是承办部门'));

  it('is out of reach for the department that passed it on', () =>
    given(...underReview, transferred)
      .when({ ...reviewStarted, by: { role: 'reviewer', department: 'market-regulation' } })
      .thenRefused('OUT_OF_SCOPE'));
});

describe('extension', () => {
  it('is granted by the head of the unit', () =>
    given(...underReview)
      .when(extended)
      .thenState('handling.reviewing'));

  it('also during a special procedure', () =>
    given(...underReview, inspection)
      .when(extended)
      .thenState('handling.specialProcedure'));

  it('is granted once', () =>
    given(...underReview, extended)
      .when(extended)
      .thenRefused('GUARD_DENIED', 'once is all'));

  it('is granted by nobody else', () =>
    given(...underReview)
      .when({ ...extended, by: 'decider' })
      .thenRefused('ROLE_NOT_PERMITTED', 'unitHead'));

  it('wants a reason', () => {
    const { reason: _none, ...withoutReason } = extended;
    given(...underReview)
      .when(withoutReason)
      .thenRefused('REASON_REQUIRED');
  });

  it('comes too late after the end', () =>
    given(...underReview)
      .when({ ...extended, facts: { decision: passed } })
      .thenRefused('GUARD_DENIED', '已届满'));

  it('is a term of the licensing law, which has nothing to say of a public service', () =>
    given(
      { ...received, data: { ...filing, item: 'social-security-card', materials: handedIn('id-card', 'photograph') } },
      accepted,
    )
      .when(extended)
      .thenRefused('GUARD_DENIED', 'No law'));
});

describe('decision', () => {
  it('approves', () =>
    given(...underReview, reviewed)
      .when(approved)
      .thenState('handling.approved', 'loop.awaitingRating'));

  it('denies, naming the remedies', () =>
    given(...underReview, reviewed)
      .when(denied)
      .thenState('handling.denied'));

  it('does not deny without naming the remedies', () =>
    given(...underReview, reviewed)
      .when({ ...denied, data: { decision: '1' } })
      .thenRefused('EVENT_DATA_INVALID', 'remedies'));

  it('does not deny without reason', () => {
    const { reason: _none, ...withoutReason } = denied;
    given(...underReview, reviewed)
      .when(withoutReason)
      .thenRefused('REASON_REQUIRED');
  });

  it('waits for the review', () =>
    given(...underReview)
      .when(approved)
      .thenRefused('EVENT_NOT_ALLOWED', 'review.completed'));

  it.each(['intake-1', 'reviewer-1'])('is not taken by %s, who acted before', (id) =>
    given(...underReview, reviewed)
      .when({ ...approved, by: { role: 'decider', id } })
      .thenRefused('SAME_PERSON'),
  );

  it('is delivered at the window', () =>
    given(...toApproval)
      .when(delivered)
      .thenState('handling.delivered'));

  it('is delivered by courier, at the second try', () => {
    const sent: SpecEvent = { type: 'result.dispatched', data: { trackingNumber: 'SF1000' } };
    const back: SpecEvent = { type: 'result.returned', reason: 'nobody there' };
    given(...toApproval, sent, back, sent)
      .when({ ...delivered, data: { method: 'courier' } })
      .thenState('handling.delivered');
  });

  it('has nothing to deliver when it denies', () =>
    given(...underReview, reviewed, denied)
      .when(delivered)
      .thenRefused('EVENT_NOT_ALLOWED'));
});

describe('withdrawal', () => {
  const open: [string, SpecEvent[]][] = [
    ['received', [received]],
    ['supplementing', [receivedIncomplete, notice]],
    ['accepted', [received, accepted]],
    ['under review', underReview],
    ['in a special procedure', [...underReview, inspection]],
    ['awaiting decision', [...underReview, reviewed]],
  ];
  it.each(open)('ends a case that is %s', (_where, events) =>
    given(...events)
      .when(withdrawn)
      .thenClosed('handling.withdrawn', 'loop.notDue'),
  );

  it('is for the applicant to say', () =>
    given(receivedOnline, accepted)
      .when({ ...withdrawn, by: 'applicant' })
      .thenState('handling.withdrawn'));

  it('is not for another applicant to say', () =>
    given(receivedOnline, accepted)
      .when({ ...withdrawn, by: { role: 'applicant', id: 'account-1' } })
      .thenRefused('OUT_OF_SCOPE', 'own'));

  it('wants a reason', () =>
    given(received).when({ type: 'application.withdrawn', by: 'intake' }).thenRefused('REASON_REQUIRED'));

  it('comes too late after the decision', () =>
    given(...toApproval)
      .when(withdrawn)
      .thenRefused('EVENT_NOT_ALLOWED'));
});

describe('the closing loop', () => {
  it.each([3, 4, 5])('ends with a rating of %d', (level) =>
    given(...toDelivery)
      .when(rated(level))
      .thenClosed('loop.rated'),
  );

  it('does not close a case that is not delivered', () =>
    given(...toApproval)
      .when(rated(5))
      .thenCase((state) => expect(state.snapshot.status).toBe('active')));

  it('lets delivery close a case rated before', () =>
    given(...toApproval, rated(5))
      .when(delivered)
      .thenClosed());

  it.each([1, 2])('wants a return visit after a rating of %d', (level) =>
    given(...toDelivery)
      .when(rated(level))
      .thenState('loop.visiting'),
  );

  it('does not end before the visit and the confirmed rectification', () => {
    given(...toDelivery, rated(1))
      .when(confirmed)
      .thenRefused('EVENT_NOT_ALLOWED', 'returnVisit.recorded');
    given(...toDelivery, rated(1), visited)
      .when(confirmed)
      .thenRefused('EVENT_NOT_ALLOWED', 'rectification.completed');
    given(...toDelivery, rated(1), visited, rectified)
      .when(confirmed)
      .thenState('loop.ratingAgain');
  });

  it('does not take the confirmation from whoever rectified', () =>
    given(...toDelivery, rated(1), visited, { ...rectified, by: { role: 'intake', id: 'chen' } })
      .when({ ...confirmed, by: { role: 'callbackClerk', id: 'chen' } })
      .thenRefused('SAME_PERSON', 'rectification.completed'));

  it('sends back a rectification that is not enough', () =>
    given(...toDelivery, rated(1), visited, rectified)
      .when({ type: 'rectification.rejected', reason: 'still two hours' })
      .thenState('loop.rectifying'));

  it('lets the person rate once more', () =>
    given(...toDelivery, rated(1), visited, rectified, confirmed)
      .when(rated(4))
      .thenClosed('loop.rated'));

  it('goes round once more after a second bad rating, and no further', () =>
    given(...toDelivery, rated(1), visited, rectified, confirmed, rated(2), visited, rectified)
      .when(confirmed)
      .thenClosed('loop.rectified'));

  it('does not wait for ever for a rating, nor count none as good', () =>
    given(...toDelivery)
      .when({ type: 'evaluation.lapsed', facts: { evaluation: passed, secondEvaluation: null } })
      .thenClosed('loop.unrated'));

  it('waits for a rating while the window is open', () =>
    given(...toDelivery)
      .when({ type: 'evaluation.lapsed', facts: { evaluation: running, secondEvaluation: null } })
      .thenRefused('GUARD_DENIED', '评价期限尚未届满'));

  it('does not wait for ever for a second one', () =>
    given(...toDelivery, rated(1), visited, rectified, confirmed)
      .when({ type: 'evaluation.lapsed', facts: { evaluation: passed, secondEvaluation: passed } })
      .thenClosed('loop.rectified'));

  it('knows five levels', () => {
    given(...toDelivery)
      .when(rated(6))
      .thenRefused('EVENT_DATA_INVALID', 'level');
    given(...toDelivery)
      .when(rated(0))
      .thenRefused('EVENT_DATA_INVALID', 'level');
  });

  it('takes no rating before there is an outcome', () =>
    given(...underReview)
      .when(rated(5))
      .thenRefused('EVENT_NOT_ALLOWED'));
});

describe('an appeal against a bad rating', () => {
  const toAppeal = [...toDelivery, rated(1), visited, appealed];

  it('excludes it when another body finds so', () =>
    given(...toAppeal)
      .when(upheld)
      .thenClosed('loop.excluded'));

  it('leads back to rectification when dismissed', () =>
    given(...toAppeal)
      .when(dismissed)
      .thenState('loop.rectifying'));

  it('is not decided by the rated unit', () =>
    given(...toAppeal)
      .when({ ...upheld, by: { role: 'supervisor', department: 'market-regulation' } })
      .thenRefused('GUARD_DENIED', 'another body'));

  it('is not decided by whoever filed it', () =>
    given(...toAppeal)
      .when({ ...upheld, by: { role: 'supervisor', department: 'government-office', id: 'unitHead-1' } })
      .thenRefused('SAME_PERSON', 'appeal.filed'));

  it('comes from the rated unit alone', () =>
    given(...toDelivery, rated(1), visited)
      .when({ ...appealed, by: { role: 'unitHead', department: 'health' } })
      .thenRefused('OUT_OF_SCOPE'));

  it('waits for the return visit', () =>
    given(...toDelivery, rated(1))
      .when(appealed)
      .thenRefused('EVENT_NOT_ALLOWED'));

  it('is filed once against one rating', () =>
    given(...toAppeal, dismissed)
      .when(appealed)
      .thenRefused('GUARD_DENIED', '已申诉过'));

  it('may be filed against the second rating as well', () =>
    given(...toAppeal, dismissed, rectified, confirmed, rated(1), visited)
      .when(appealed)
      .thenState('loop.appealing'));
});

describe('a case past its limit', () => {
  const late = { decision: null, promise: { ...running, status: 'met', late: true } };
  const inTime = { decision: null, promise: { ...running, status: 'met' } };
  const explained: SpecEvent = {
    type: 'overdue.explained',
    data: { deadline: 'promise', explanation: 'the laboratory was flooded' },
    by: 'unitHead',
    facts: late,
  };
  const published: SpecEvent = {
    type: 'explanation.published',
    data: { where: '县政务服务网公告栏', publishedOn: '2024-04-20' },
    by: 'unitHead',
  };
  const past = (event: SpecEvent): SpecEvent => ({ ...event, facts: { ...event.facts, ...late } });
  const lapsed: SpecEvent = { type: 'evaluation.lapsed', facts: { evaluation: passed, ...late } };
  const whole = [received, accepted, reviewStarted, reviewed, approved, delivered];

  it('is rated like any other, but stays open until its reason is stated and published', () => {
    given(...whole)
      .when(past(rated(5)))
      .thenState('handling.delivered', 'loop.explaining.rated');
    given(...whole, past(rated(5)), explained)
      .when(published)
      .thenState('handling.delivered', 'loop.rated');
  });

  it('is closed at once where the reason was published before', () =>
    given(...whole, explained, published)
      .when(past(rated(5)))
      .thenState('handling.delivered', 'loop.rated'));

  it('is not closed by the end of the rating window before that, and says why', () => {
    given(...whole)
      .when(lapsed)
      .thenRefused('GUARD_DENIED', 'before the reason is stated and published');
    given(...whole, explained)
      .when(lapsed)
      .thenRefused('GUARD_DENIED');
    given(...whole, explained, published)
      .when(lapsed)
      .thenState('handling.delivered', 'loop.unrated');
  });

  it('is delivered all the same', () =>
    given(received, accepted, reviewStarted, reviewed, approved)
      .when(delivered)
      .thenState('handling.delivered', 'loop.awaitingRating'));

  it('has nothing published that was not stated, and nothing to state where it was in time', () => {
    given(...whole)
      .when(published)
      .thenRefused('GUARD_DENIED', 'No reason for the delay has been stated');
    given(...whole)
      .when({ ...explained, facts: inTime })
      .thenRefused('GUARD_DENIED', 'not past its limit');
  });
});
