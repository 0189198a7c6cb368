import { CaseError, type CaseFailure } from '../../src/domain/case-error.js';
import { loadLogMap, mapCaseId, mapStep, parseLogMap } from '../../src/import/log-map.js';
import { recordedLog } from '../../src/workflows/recorded-log/workflow.js';
import { logFolder } from './log-files.js';

const folder = logFolder();

async function refused(promise: Promise<unknown>): Promise<CaseFailure> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof CaseError) return outcome.failure;
  throw new Error('it was not refused');
}

const mapOf = (data: object, caseId?: object) =>
  parseLogMap({ workflow: 'w', ...(caseId && { caseId }), activities: { a: { event: 'a.done', data } } }, 'map.json');
const step = { activity: 'a', timestamp: '2026-03-02T01:00:00.000Z', resource: 'r', attributes: { n: '5', odd: 'x' } };
const trace = {
  name: 'case-1',
  attributes: { channel: 'Desk', at: '2026-03-02T09:00:00+08:00', 'id no': 17 },
  events: [step],
};
const dataOf = (data: object) => mapStep(mapOf(data), trace, step)?.data;

describe('a map', () => {
  it('takes fields from the case, the step, what every log says, or nowhere', () => {
    expect(
      dataOf({
        channel: { trace: 'channel' },
        number: { event: 'n' },
        who: { field: 'resource' },
        where: { field: 'case' },
        kind: { value: { deep: [1] } },
      }),
    ).toEqual({ channel: 'Desk', number: '5', who: 'r', where: 'case-1', kind: { deep: [1] } });
  });

  it('leaves out what the log does not say', () => {
    expect(dataOf({ a: { trace: 'none' }, b: { event: 'none' }, c: { field: 'transition' } })).toEqual({});
  });

  it('makes numbers, truths, instants and texts of it, and leaves alone what cannot become one', () => {
    expect(
      dataOf({
        number: { event: 'n', as: 'number' },
        instant: { trace: 'at', as: 'instant' },
        text: { trace: 'id no', as: 'text' },
        notNumber: { event: 'odd', as: 'number' },
        notInstant: { event: 'odd', as: 'instant' },
        notTruth: { event: 'odd', as: 'boolean' },
      }),
    ).toEqual({
      number: 5,
      instant: '2026-03-02T01:00:00.000Z',
      text: '17',
      notNumber: 'x',
      notInstant: 'x',
      notTruth: 'x',
    });
  });

  it('names a case as the log does, or by an attribute, with a prefix where it says so', () => {
    expect(mapCaseId(mapOf({}), trace)).toBe('case-1');
    expect(mapCaseId(mapOf({}, { prefix: 'nl-' }), trace)).toBe('nl-case-1');
    expect(mapCaseId(mapOf({}, { prefix: 'nl-', trace: 'id no' }), trace)).toBe('nl-17');
    expect(mapCaseId(mapOf({}, { trace: 'none' }), trace)).toBeUndefined();
  });

  it('does not know an activity it does not name, not even one every object has', () => {
    expect(mapStep(mapOf({}), trace, { ...step, activity: 'toString' })).toBeUndefined();
  });
});

describe('a map file', () => {
  it('may bring its workflow in a module beside it', async () => {
    const path = folder.write(
      'map.json',
      JSON.stringify({ workflow: 'recorded-log', workflowModule: './w.js', activities: {} }),
    );
    const asked: string[] = [];
    const loaded = await loadLogMap(path, async (url) => {
      asked.push(url);
      return { default: recordedLog };
    });

    expect(loaded.workflow).toBe(recordedLog);
    expect(asked).toEqual([expect.stringMatching(/^file:.*\/w\.js$/)]);
  });

  it.each([
    ['is not JSON', '{', expect.stringContaining('JSON')],
    ['names no workflow', '{"activities":{}}', expect.stringContaining('workflow: ')],
    ['has a word too many', '{"workflow":"w","activities":{},"extra":1}', expect.stringContaining('extra')],
    [
      'reaches outside its folder',
      '{"workflow":"w","activities":{},"workflowModule":"./../w.js"}',
      expect.stringContaining('beside the map'),
    ],
    [
      'names a module elsewhere',
      '{"workflow":"w","activities":{},"workflowModule":"fs"}',
      expect.stringContaining('beside the map'),
    ],
    [
      'names a module that is not there',
      '{"workflow":"w","activities":{},"workflowModule":"./none.js"}',
      expect.stringContaining('cannot be loaded'),
    ],
  ])('is refused when it %s', async (_, content, problem) => {
    const path = folder.write('bad.json', content);

    expect(await refused(loadLogMap(path))).toEqual({ code: 'LOG_MAP_INVALID', path, problems: [problem] });
  });

  it('is refused when its module holds another workflow', async () => {
    const path = folder.write('other.json', '{"workflow":"w","activities":{},"workflowModule":"./w.js"}');

    expect(await refused(loadLogMap(path, async () => ({ default: recordedLog })))).toMatchObject({
      code: 'LOG_MAP_INVALID',
      problems: ['workflowModule: ./w.js does not export the workflow "w" as default'],
    });
  });

  it('is refused when it is not there', async () => {
    expect(await refused(loadLogMap(`${folder.path}/none.json`))).toMatchObject({ code: 'LOG_NOT_FOUND' });
  });
});
