import { NOTICE_PUBLISHED } from '../../src/domain/calendar-history.js';
import { canonicalEvent, canonicalText, leafHash } from '../../src/domain/canonical-event.js';
import { readStream } from '../../src/event-store/read-stream.js';
import { aNotice, clerk, type LicenceOffice, licenceOffice, officer } from '../support/licence-office.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { codeOf, failureOf } from './permit-office.js';

const ref = { workflow: 'licence', caseId: 'l-1' };
const NOTICED = '2026-03-04T01:00:00.000Z';

describe('a notice published while a case runs', () => {
  let office: LicenceOffice;
  beforeEach(async () => {
    office = await licenceOffice();
    await office.happens('l-1', 'licence.requested');
    office.clock.set(NOTICED);
  });
  afterEach(() => office.ledger.close());

  it('moves its due date, while as of before the old one stands and the case is as it was', async () => {
    const { revision } = await office.ledger.load(ref);
    const before = await office.dueOn('l-1');

    await office.publish(aNotice());

    expect([before, await office.dueOn('l-1')]).toEqual(['2026-03-16', '2026-03-18']);
    expect(await office.dueOn('l-1', 'decision', '2026-03-04T00:59:59.999Z')).toBe('2026-03-16');
    expect(await office.dueOn('l-1', 'decision', NOTICED)).toBe('2026-03-18');
    expect((await office.ledger.load(ref)).revision).toBe(revision);
  });

  it('is named by the explanation and by the case as what moved it', async () => {
    await office.publish(aNotice());

    const { notices } = await office.ledger.explain(ref, 'decision');
    const [move, ...others] = await office.ledger.calendarMoves(ref);

    expect(notices.map(({ id }) => id)).toContain('typhoon');
    expect(others).toEqual([]);
    expect(move).toMatchObject({ at: NOTICED, afterRevision: 0, notices: [{ id: 'typhoon' }] });
    expect(move!.moved.find(({ deadline }) => deadline === 'decision')).toMatchObject({
      before: { dueOn: '2026-03-16' },
      after: { dueOn: '2026-03-18' },
    });
  });

  it('moves nothing of a case that had ended, nor of one opened later', async () => {
    await office.happens('l-1', 'licence.decided');
    await office.publish(aNotice());
    office.clock.advance(60_000);
    await office.happens('l-2', 'licence.requested');

    expect(await office.ledger.calendarMoves(ref)).toEqual([]);
    expect(await office.ledger.calendarMoves({ ...ref, caseId: 'l-2' })).toEqual([]);
    expect(await codeOf(office.ledger.calendarMoves({ ...ref, caseId: 'nobody' }))).toBe('CASE_NOT_FOUND');
  });

  it('is one event with the envelope every event has', async () => {
    const { position, ...receipt } = await office.publish(aNotice(), 'publish-1');
    const [event, ...others] = await readStream(office.ledger.store, 'calendar-cn');

    expect(others).toEqual([]);
    expect(event).toMatchObject({ revision: 0, type: NOTICE_PUBLISHED, data: aNotice() });
    expect(event!.metadata).toMatchObject({
      ledger: office.ledger.id,
      actor: { id: 'officer-1', role: 'calendarOfficer' },
      command: { id: 'publish-1', index: 0, size: 1 },
      recordedAt: NOTICED,
      workflow: { name: 'calendar', version: 1 },
    });
    expect(receipt).toEqual({
      calendar: 'cn',
      notice: 'typhoon',
      stream: 'calendar-cn',
      revision: 0,
      recordedAt: NOTICED,
      repeated: false,
    });
    const texts = { ...event!, data: canonicalText(event!.data), metadata: canonicalText(event!.metadata) };
    expect(leafHash(canonicalEvent(texts))).toHaveLength(32);
    expect(await office.ledger.check()).toMatchObject({ cases: 1, diverging: [] });
  });

  it('sent again is answered as the first time, whatever the calendar is now', async () => {
    const first = await office.publish(aNotice(), 'publish-1');
    office.clock.advance(3_600_000);
    await office.publish(aNotice({ id: 'typhoon-2', amends: 'typhoon' }));

    expect(await office.publish(aNotice(), 'publish-1')).toEqual({ ...first, repeated: true });
    expect(await codeOf(office.publish(aNotice({ year: 2025 }), 'publish-1'))).toBe('COMMAND_ID_REUSED');
  });

  it('sent twice at once is published once; two under one id are not', async () => {
    const [one, twin] = await Promise.all([office.publish(aNotice(), 'same'), office.publish(aNotice(), 'same')]);
    const other = office.publish(aNotice({ id: 'a' }), 'clash');
    const another = codeOf(office.publish(aNotice({ id: 'b' }), 'clash'));

    expect([one.repeated, twin.repeated].sort()).toEqual([false, true]);
    expect({ ...twin, repeated: false }).toEqual({ ...one, repeated: false });
    expect(await other).toMatchObject({ notice: 'a', revision: 1 });
    expect(await another).toBe('COMMAND_ID_REUSED');
  });

  it('of an id that is there, shipped or recorded, is refused', async () => {
    await office.publish(aNotice());

    expect(await failureOf(office.publish(aNotice()))).toEqual({
      code: 'NOTICE_EXISTS',
      calendar: 'cn',
      notice: 'typhoon',
    });
    expect(await codeOf(office.publish(aNotice({ id: 'cn-2026' })))).toBe('NOTICE_EXISTS');
  });

  it('is published by an administrator or a calendar officer, in a calendar there is', async () => {
    const command = { calendar: 'cn', commandId: 'p', notice: aNotice() };
    const publish = office.ledger.publishNotice;

    expect(await failureOf(publish({ ...command, actor: clerk }))).toMatchObject({
      code: 'ROLE_NOT_PERMITTED',
      required: ['administrator', 'calendarOfficer'],
    });
    expect(await codeOf(publish({ ...command, actor: officer, calendar: 'us' }))).toBe('CALENDAR_UNKNOWN');
    expect(await codeOf(publish({ ...command, actor: officer, commandId: '' }))).toBe('COMMAND_INVALID');
    expect(await publish({ ...command, actor: { id: 'a', roles: ['administrator'] } })).toMatchObject({ revision: 0 });
  });

  const name = { en: 'x', zh: '测' };
  it.each([
    ['amends', { amends: 'cn-1999' }],
    ['published', { published: '2026-03-05' }],
    ['published', { published: '2025-11-03' }],
    ['published', { published: 'today' }],
    ['year', { year: 1850, days: [{ name, off: ['1850-01-01'] }] }],
    ['title.zh', { title: { en: 'x' } }],
    ['id', { id: 'a b' }],
    ['days', { days: [] }],
    ['days.0', { days: [{ name }] }],
    ['days.0.off.0', { days: [{ name, off: ['2026-02-30'] }] }],
    [
      'days.1.makeUp.1',
      {
        days: [
          { name, off: ['2026-05-06'] },
          { name, makeUp: ['2026-05-09', '2026-05-11/2026-05-10'] },
        ],
      },
    ],
    ['days.0.ordinary.0', { days: [{ name, off: ['2026-05-06'], ordinary: ['2026-05-05/2026-05-07'] }] }],
    ['days.0.off.0', { days: [{ name, off: ['2062-05-06'] }] }],
    ['', { horizon: 'unbounded' }],
  ])('says at "%s" what is wrong, and records nothing', async (path, over) => {
    const failure = await failureOf(office.publish(aNotice(over)));

    expect(failure).toMatchObject({ code: 'EVENT_DATA_INVALID', event: NOTICE_PUBLISHED });
    expect(failure.code === 'EVENT_DATA_INVALID' && failure.issues.map((issue) => issue.path)).toContain(path);
    expect(await readStream(office.ledger.store, 'calendar-cn')).toEqual([]);
  });

  it('is taken back by a later one that amends it', async () => {
    await office.publish(aNotice());
    office.clock.advance(1_000);
    await office.publish(
      aNotice({ id: 'all-clear', amends: 'typhoon', days: [{ name, ordinary: ['2026-03-05/2026-03-06'] }] }),
    );

    expect(await office.dueOn('l-1')).toBe('2026-03-16');
    expect(await office.dueOn('l-1', 'decision', NOTICED)).toBe('2026-03-18');
    const moves = await office.ledger.calendarMoves(ref);
    expect(moves.map(({ notices }) => notices[0]!.id)).toEqual(['typhoon', 'all-clear']);
  });

  it('is known to a decision that asks how a deadline stands', async () => {
    const { ledger } = office;
    await office.publish(aNotice());

    const { notices } = await ledger.currentCalendar();

    expect(notices.at(-1)).toMatchObject({ id: 'typhoon', recordedAt: NOTICED });
    expect(await ledger.currentCalendar()).toBe(await ledger.currentCalendar());
  });
});

it('a year beyond the horizon is provisional until its notice is published, and says so', async () => {
  const office = await licenceOffice({ start: '2026-12-28T01:00:00.000Z' });
  await office.happens('l-1', 'licence.requested');
  const due = async () => (await office.ledger.deadlines(ref)).find(({ name }) => name === 'decision')!.due;
  const before = await due();

  const days = [{ name: { en: "New Year's Day", zh: '元旦' }, off: ['2027-01-01/2027-01-03'] }];
  await office.publish({ ...aNotice({ id: 'cn-2027', year: 2027, published: '2026-12-28', days }), amends: undefined });

  expect(before).toMatchObject({ dueOn: '2027-01-11', provisional: true });
  expect(await due()).toMatchObject({ dueOn: '2027-01-12', provisional: false });
  await office.ledger.close();
});

describe('two processes over one ledger', () => {
  const path = temporaryFolder();

  it('see what the other has published at once, and publish one notice once', async () => {
    const one = await licenceOffice({ store: path('ledger.sqlite') });
    const other = await licenceOffice({ store: path('ledger.sqlite'), node: 1 });
    await one.happens('l-1', 'licence.requested');
    for (const { clock } of [one, other]) clock.set(NOTICED);
    const before = await other.dueOn('l-1');

    const race = await Promise.allSettled([one.publish(aNotice()), other.publish(aNotice())]);
    const repeats = await Promise.all([one, other].map((office) => office.publish(aNotice({ id: 'second' }), 'same')));

    expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(repeats.map(({ repeated }) => repeated).sort()).toEqual([false, true]);
    expect([before, await other.dueOn('l-1'), await one.dueOn('l-1')]).toEqual([
      '2026-03-16',
      '2026-03-18',
      '2026-03-18',
    ]);
    expect(await readStream(one.ledger.store, 'calendar-cn')).toHaveLength(2);
    await one.ledger.close();
    await other.ledger.close();
  });
});
