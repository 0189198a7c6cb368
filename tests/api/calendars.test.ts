import { aNotice, clerk, licenceWorkflow, officer } from '../support/licence-office.js';
import { administrator, auditor, type ServedLedger, serveLedger } from './served-ledger.js';

describe('calendars over HTTP', () => {
  let served: ServedLedger;
  beforeEach(async () => {
    served = await serveLedger({ workflows: [licenceWorkflow] });
    const body = { commandId: 'open', caseId: 'l-1', event: { type: 'licence.requested' } };
    expect(await served.call('POST', '/cases/licence', { as: clerk, body })).toMatchObject({ status: 201 });
    served.pass(3_600_000);
  });
  afterEach(() => served.close());

  const notice = aNotice({
    published: '2026-03-06',
    days: [{ name: { en: 'Typhoon', zh: '台风' }, off: ['2026-03-09'] }],
  });
  const publish = (as = officer, body: object = { commandId: 'publish-1', notice }) =>
    served.call('POST', '/calendars/cn/notices', { as, body });
  const get = (path: string, as = auditor) => served.call('GET', path, { as });

  it('are listed and read as in force now, or at an instant', async () => {
    await publish();

    const [listed] = (await get('/calendars')).body.calendars;
    const now = (await get('/calendars/cn')).body;
    const before = (await get('/calendars/cn?at=2020-01-26T12:00:00%2B08:00')).body;

    expect(listed).toMatchObject({ id: 'cn', timeZone: 'Asia/Shanghai', horizon: '2026-12-31', weekend: [6, 7] });
    expect(now.notices.at(-1)).toMatchObject({
      id: 'typhoon',
      amends: 'cn-2026',
      recordedAt: '2026-03-06T02:00:00.000Z',
    });
    expect(before.horizon).toBe('2020-12-31');
    expect(before.notices.at(-1).id).toBe('cn-2020');
    expect(await get('/calendars/us')).toMatchObject({
      status: 404,
      body: { code: 'CALENDAR_UNKNOWN', known: ['cn'] },
    });
  });

  it('show a year day by day: kind, name in two languages, the notice', async () => {
    await publish();

    const { body } = await get('/calendars/cn/years/2026');
    const day = (date: string) => body.days.find((one: { date: string }) => one.date === date);

    expect(body).toMatchObject({ calendar: 'cn', year: 2026, published: true, workingDays: 247 });
    expect(body.days).toHaveLength(365);
    expect(day('2026-03-09')).toEqual({
      date: '2026-03-09',
      weekday: 1,
      kind: 'off',
      kindTitle: { en: 'Day off', zh: '放假' },
      name: { en: 'Typhoon', zh: '台风' },
      notice: expect.objectContaining({ id: 'typhoon' }),
    });
    expect(day('2026-02-14')).toMatchObject({ kind: 'makeUp', name: { zh: '春节' }, notice: { id: 'cn-2026' } });
    expect((await get('/calendars/cn/years/2026?at=2026-03-06T01:30:00Z')).body.workingDays).toBe(248);
    expect((await get('/calendars/cn/years/2031')).body).toMatchObject({ published: false });
    expect(await get('/calendars/cn/years/1066')).toMatchObject({ status: 400 });
  });

  it('take a notice that moves the due date on the case page, in the list and in the timeline', async () => {
    const accepted = await publish();
    const position = accepted.headers.get('caseledger-position')!;

    const due = await get(`/due?deadline=decision&min-position=${position}`);
    const deadlines = await get('/cases/licence/l-1/deadlines');
    const timeline = await get(`/cases/licence/l-1/timeline?min-position=${position}`);
    const { body: explained } = await get('/cases/licence/l-1/deadlines/decision/explanation?language=zh');

    expect(accepted).toMatchObject({ status: 201, body: { notice: 'typhoon', repeated: false, position } });
    expect(due.body.items[0].dueOn).toBe('2026-03-23');
    expect(deadlines.body.deadlines.find(({ name }: { name: string }) => name === 'decision').due.dueOn).toBe(
      '2026-03-23',
    );
    expect(timeline.body.items.map(({ type }: { type: string }) => type)).toEqual([
      'licence.requested',
      'calendar.noticePublished',
    ]);
    expect(timeline.body.items[1]).toMatchObject({
      afterRevision: 0,
      notices: [{ id: 'typhoon', title: { zh: '台风停工' } }],
      moved: expect.arrayContaining([
        expect.objectContaining({
          deadline: 'decision',
          before: expect.objectContaining({ dueOn: '2026-03-20' }),
          after: expect.objectContaining({ dueOn: '2026-03-23' }),
        }),
      ]),
    });
    expect(explained.text).toContain('台风停工');
    expect((await get('/cases/licence/l-1/deadlines?at=2026-03-06T01:30:00Z')).body.deadlines).toContainEqual(
      expect.objectContaining({ name: 'decision', due: expect.objectContaining({ dueOn: '2026-03-20' }) }),
    );
    expect((await get('/cases/licence/l-1')).body.revision).toBe(0);
  });

  it('let nobody publish without the role, and answer a repeat as the first time', async () => {
    expect(await publish(clerk as typeof officer)).toMatchObject({ status: 403, body: { code: 'ROLE_NOT_PERMITTED' } });
    expect(await served.call('GET', '/calendars')).toMatchObject({ status: 401 });
    const first = await publish();
    expect(await publish()).toMatchObject({ status: 200, body: { ...first.body, repeated: true } });
    expect(await publish(administrator as typeof officer, { commandId: 'other', notice })).toMatchObject({
      status: 409,
      body: { code: 'NOTICE_EXISTS' },
    });
  });

  it('say where a notice is wrong, and give a calendar officer no case', async () => {
    const wrong = { ...notice, amends: 'cn-1999', days: [{ name: notice.title, off: ['2026-02-30'] }] };

    expect((await publish(officer, { commandId: 'w', notice: wrong })).body).toMatchObject({
      code: 'EVENT_DATA_INVALID',
      issues: expect.arrayContaining([
        expect.objectContaining({ path: 'amends' }),
        expect.objectContaining({ path: 'days.0.off.0' }),
      ]),
    });
    expect(await publish(officer, { commandId: 'w', notice: { id: 'x' } })).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    });
    expect(await get('/cases/licence/l-1', officer)).toMatchObject({ status: 404 });
    expect((await get('/due', officer)).body.items).toEqual([]);
  });
});
