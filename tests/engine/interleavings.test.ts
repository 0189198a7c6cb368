import fc from 'fast-check';
import { CaseError } from '../../src/domain/case-error.js';
import { newCase } from '../../src/domain/decide.js';
import { replay, replayNext } from '../../src/domain/replay.js';
import type { Receipt } from '../../src/engine/command.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { memoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  another,
  granted,
  noted,
  type Office,
  officeOnFile,
  openPermit,
  permitOffice,
  refused,
  sendPermit,
} from './permit-office.js';

const folder = temporaryFolder();

type Step = {
  /** Which of two engines takes it. */
  readonly at: 0 | 1;
  /** Commands are few, so that the same one is often sent again, with the same data or not. */
  readonly command: number;
  readonly kind: 'note' | 'remark' | 'grant' | 'refuse';
  readonly text: number;
  readonly expectedRevision: number | undefined;
  /** Whether the next step waits for this one. */
  readonly awaited: boolean;
};

const steps = fc.array(
  fc.record<Step>({
    at: fc.constantFrom<0 | 1>(0, 1),
    command: fc.nat(6),
    kind: fc.constantFrom('note', 'note', 'note', 'remark', 'grant', 'refuse'),
    text: fc.nat(1),
    expectedRevision: fc.option(fc.nat(3), { nil: undefined, freq: 4 }),
    awaited: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
);

const eventOf = ({ kind, text }: Step) => {
  if (kind === 'grant') return granted;
  if (kind === 'refuse') return refused;
  return noted(`text ${text}`, kind === 'remark' ? `remark ${text}` : undefined);
};

/** Runs the steps and gives each one's receipt, or the code of its refusal. */
async function run(engines: readonly [Office, Office], course: readonly Step[]): Promise<(Receipt | string)[]> {
  const answers: Promise<Receipt | string>[] = [];
  for (const step of course) {
    const { expectedRevision } = step;
    const command = sendPermit('p-1', `command-${step.command}`, eventOf(step), {
      ...(expectedRevision !== undefined && { expectedRevision }),
      ...(step.kind === 'refuse' && { reason: 'incomplete' }),
    });
    const answer = engines[step.at].engine.send(command).catch((error: unknown) => {
      if (error instanceof CaseError) return error.failure.code;
      throw error;
    });
    answers.push(answer);
    if (step.awaited) await answer;
  }
  return Promise.all(answers);
}

/** What must hold of any course, whoever took part in it. */
async function lawsHold(
  office: Office,
  course: readonly Step[],
  answers: readonly (Receipt | string)[],
): Promise<void> {
  const stored = await office.stored('p-1');

  // The stream has no gaps, and its order is that of the ledger.
  expect(stored.map(({ revision }) => revision)).toEqual(stored.map((_, index) => index));
  expect(stored.every(({ position }, index) => index === 0 || position > stored[index - 1]!.position)).toBe(true);

  // Every command acknowledged is stored once, where its receipt says; every one stored was acknowledged.
  const receipts = answers.filter((answer): answer is Receipt => typeof answer !== 'string');
  for (const receipt of receipts) {
    const [event] = receipt.events;
    expect(stored[receipt.revision]).toMatchObject({
      id: event!.id,
      type: event!.type,
      metadata: { state: receipt.state },
    });
  }
  const storedCommands = stored.slice(1).map(({ metadata }) => metadata.command.id);
  expect(new Set(storedCommands).size).toBe(storedCommands.length);
  const acknowledged = course
    .filter((_, index) => typeof answers[index] !== 'string')
    .map(({ command }) => `command-${command}`);
  expect(new Set(acknowledged)).toEqual(new Set(storedCommands));

  // One of the receipts of a command is the first, at most; all say the same.
  for (const id of storedCommands) {
    const own = receipts.filter(({ revision }) => stored[revision]!.metadata.command.id === id);
    expect(own.filter(({ repeated }) => !repeated).length).toBeLessThanOrEqual(1);
    for (const one of own) expect({ ...one, repeated: false }).toEqual({ ...own[0]!, repeated: false });
  }

  // What is stored is a history one careful clerk could have written: every prefix replays to the state recorded.
  let state = newCase(office.registry.get('permit', 1));
  for (const [index, event] of stored.entries()) {
    state = replayNext(state, event, [], office.registry);
    expect(state.state).toBe(event.metadata.state);
    expect(replay(stored.slice(0, index + 1), office.registry)?.snapshot.toJSON()).toEqual(state.snapshot.toJSON());
  }
}

describe('two engines over one ledger, in any interleaving', () => {
  it('write what one alone could have written (memory)', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (course) => {
        const here = await permitOffice();
        const there = await another(here);
        await here.engine.open(openPermit('open-1', { caseId: 'p-1' }));
        await lawsHold(here, course, await run([here, there], course));
        await here.close();
      }),
      { numRuns: 60 },
    );
  });

  it('write what one alone could have written (one SQLite file, a connection each)', async () => {
    let files = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (course) => {
        files += 1;
        const path = folder(`${files}.ledger`);
        const here = await officeOnFile(path);
        const there = await officeOnFile(path, { clock: here.clock, node: 1 });
        await here.engine.open(openPermit('open-1', { caseId: 'p-1' }));
        await lawsHold(here, course, await run([here, there], course));
        await here.close();
        await there.close();
      }),
      { numRuns: 12 },
    );
  });

  it('and so they do when appends are slow, overtake each other and answer nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.scheduler(),
        fc.infiniteStream(fc.constantFrom('fine', 'fine', 'fine', 'lost before', 'lost after')),
        async (course, scheduler, faults) => {
          const kept = memoryEventStore();
          let faulty = false;
          const store: EventStore = {
            ...kept,
            append: async (stream, events, expected) => {
              if (!faulty) return kept.append(stream, events, expected);
              await scheduler.schedule(Promise.resolve(), 'append begins');
              const fault = faults.next().value;
              const unknown = new CaseError({ code: 'STORE_OUTCOME_UNKNOWN', stream, detail: fault });
              if (fault === 'lost before') throw unknown;
              const appended = await kept.append(stream, events, expected);
              await scheduler.schedule(Promise.resolve(), 'append ends');
              if (fault === 'lost after') throw unknown;
              return appended;
            },
            read: async (stream, options) => {
              if (faulty) await scheduler.schedule(Promise.resolve(), 'read');
              return kept.read(stream, options);
            },
          };
          const here = await permitOffice({ store });
          const there = await another(here);
          await here.engine.open(openPermit('open-1', { caseId: 'p-1' }));
          faulty = true;
          const answers = await scheduler.waitFor(
            run(
              [here, there],
              course.map((step) => ({ ...step, awaited: false })),
            ),
          );
          faulty = false;

          // What stayed unknown is settled by sending it again.
          const resent = await run(
            [here, there],
            course
              .filter((_, index) => answers[index] === 'STORE_OUTCOME_UNKNOWN')
              .map((step) => ({ ...step, awaited: true })),
          );
          expect(resent).not.toContain('STORE_OUTCOME_UNKNOWN');
          let next = 0;
          const settled = answers.map((answer) => (answer === 'STORE_OUTCOME_UNKNOWN' ? resent[next++]! : answer));
          await lawsHold(here, course, settled);
          await here.close();
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('one engine alone', () => {
  it('answers each command as a careful reader of the stored history would', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (course) => {
        const office = await permitOffice();
        await office.engine.open(openPermit('open-1', { caseId: 'p-1' }));
        for (const step of course) {
          const before = await office.stored('p-1');
          const [answer] = await run([office, office], [{ ...step, awaited: true }]);
          expect(typeof answer === 'string' ? answer : answer!.repeated ? 'repeated' : 'accepted').toBe(
            expected(before, step),
          );
        }
        await office.close();
      }),
      { numRuns: 60 },
    );
  });

  /** The rules of a permit told a second time, over stored events alone. */
  function expected(stored: Awaited<ReturnType<Office['stored']>>, step: Step): string {
    const earlier = stored.find(({ metadata }) => metadata.command.id === `command-${step.command}`);
    if (earlier) {
      const kinds = {
        'permit.noted': 'remark' in earlier.data || '$personal' in earlier.data ? 'remark' : 'note',
        'permit.granted': 'grant',
        'permit.refused': 'refuse',
      } as const;
      const sameKind = kinds[earlier.type as keyof typeof kinds] === step.kind;
      const sameText = earlier.type !== 'permit.noted' || earlier.data.text === `text ${step.text}`;
      return sameKind && sameText ? 'repeated' : 'COMMAND_ID_REUSED';
    }
    if (step.expectedRevision !== undefined && step.expectedRevision !== stored.length - 1) return 'REVISION_CONFLICT';
    const ended = stored.some(({ type }) => type === 'permit.granted' || type === 'permit.refused');
    if (ended) return 'EVENT_NOT_ALLOWED';
    const notes = stored.filter(({ type }) => type === 'permit.noted').length;
    if ((step.kind === 'note' || step.kind === 'remark') && notes >= 3) return 'GUARD_DENIED';
    return 'accepted';
  }
});
