import type { Config } from '../config.js';
import type { Reaction } from '../domain/reaction.js';
import type { Workflow } from '../domain/workflow.js';
import { type WorkflowRegistry, workflowRegistry } from '../domain/workflow-registry.js';
import type { Clock, Ids } from '../engine/clock.js';
import type { Lookups } from '../engine/lookups.js';
import type { WaitingThread } from '../engine-thread/waiting-thread.js';
import type { Ledger } from '../ledger.js';
import type { ReadModels } from '../read-models.js';
import type { LedgerFlags } from './command-options.js';
import { type FailureWatch, failureWatch } from './failure-watch.js';
import { assertLedgerFile, type LedgerLocation, ledgerLocation } from './ledger-location.js';
import { masterKey } from './master-key.js';
import { progress } from './progress.js';
import type { Terminal } from './terminal.js';
import { loadWorkflows, type WorkflowSources } from './workflow-modules.js';

/** What a ledger is opened with that answers differently every time. */
export type Impure = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly randomBytes: (size: number) => Uint8Array;
};

/** Everything a command is given; nothing else in it is impure. */
export type Session = Impure & {
  readonly terminal: Terminal;
  readonly config: Config;
  /** The package's version. */
  readonly version: string;
  /** A thread that has loaded `ledger-opener.ts` already, for the command that serves. */
  readonly engineThread?: WaitingThread;
};

/** What a ledger is opened with, as flags and configuration say. */
export type LedgerSetup = {
  readonly location: LedgerLocation;
  readonly sources: WorkflowSources;
  /** What `sources` hold, and what the command brought. */
  readonly workflows: readonly Workflow[];
  readonly reactions: readonly Reaction[];
  readonly lookups: Lookups;
  readonly masterKey: Uint8Array | undefined;
  readonly keys: string | undefined;
  /** The read models' file; undefined keeps them in memory. */
  readonly views: string | undefined;
  /** The outbox's file; undefined keeps it in memory. */
  readonly outbox: string | undefined;
};

export type OpenOptions = {
  /** Whether the command may lay a new ledger out. */
  readonly create: boolean;
  /** Workflows the command brings with it, such as an import's map. */
  readonly brought?: readonly Workflow[];
  /** Looks at what the command was given; where it throws, no file has been made yet. */
  readonly before?: (registry: WorkflowRegistry) => void | Promise<void>;
};

/**
 * @throws CliError · CaseError `STORE_NOT_A_LEDGER` · `DEFINITION_INVALID` · `KEY_STORE_UNREADABLE`
 */
export async function ledgerSetup(
  session: Session,
  flags: LedgerFlags,
  { create, brought = [], before }: OpenOptions,
): Promise<LedgerSetup> {
  const { config, randomBytes } = session;
  const location = ledgerLocation(flags.ledger ?? config.ledger);
  const sources = { shipped: flags.shipped, modules: flags.workflows ?? config.workflows };
  const loaded = await loadWorkflows(sources);
  const workflows = together(loaded.workflows, brought);
  const { lookups, reactions } = loaded;
  const keys = flags.keys ?? config.keys;
  if (location.kind === 'file') assertLedgerFile(location.path, create);
  if (create) {
    const registry = workflowRegistry(workflows);
    await before?.(registry);
  }
  if (location.kind === 'memory')
    return {
      location,
      sources,
      workflows,
      reactions,
      lookups,
      masterKey: undefined,
      keys: undefined,
      views: undefined,
      outbox: undefined,
    };
  const views = flags.views ?? config.views ?? `${location.path}.views`;
  return {
    location,
    sources,
    workflows,
    reactions,
    lookups,
    masterKey: masterKey({
      key: config.masterKey,
      file: flags.masterKeyFile ?? config.masterKeyFile,
      ledgerPath: location.path,
      keysPath: keys,
      randomBytes,
    }),
    keys,
    views: views === ':memory:' ? undefined : views,
    outbox: flags.outbox ?? config.outbox ?? `${location.path}.outbox`,
  };
}

/** One definition may come in two ways; two different ones are left for the registry to refuse. */
function together(workflows: readonly Workflow[], brought: readonly Workflow[]): readonly Workflow[] {
  const fresh = brought.filter(
    ({ name, version, hash }) =>
      !workflows.some((known) => known.name === name && known.version === version && known.hash === hash),
  );
  return [...workflows, ...fresh];
}

export async function openSetup(
  { clock, ids, randomBytes }: Impure,
  setup: Omit<LedgerSetup, 'sources' | 'outbox'>,
): Promise<Ledger> {
  const { location, workflows, reactions, keys } = setup;
  const { openLedger } = await import('../ledger.js');
  return openLedger({
    store: location.kind === 'memory' ? 'memory:' : location.path,
    workflows,
    reactions,
    clock,
    ids,
    randomBytes,
    lookups: setup.lookups,
    ...(setup.masterKey !== undefined && { masterKey: setup.masterKey }),
    ...(keys !== undefined && { keys }),
  });
}

/** Opens the ledger that the flags name, does the work and closes it again, whatever comes. */
export async function withOpenLedger<Result>(
  session: Session,
  flags: LedgerFlags,
  options: OpenOptions,
  work: (ledger: Ledger, setup: LedgerSetup) => Promise<Result>,
): Promise<Result> {
  const setup = await ledgerSetup(session, flags, options);
  const ledger = await openSetup(session, setup);
  try {
    return await work(ledger, setup);
  } finally {
    await ledger.close();
  }
}

/** How long a command waits for its read models: a ledger of millions of events may have to be read first. */
const CATCH_UP_MS = 24 * 60 * 60 * 1_000;

/** An open ledger with the read models that a command asks. */
export type Following = {
  readonly ledger: Ledger;
  readonly models: ReadModels;
  readonly head: bigint | undefined;
  readonly failures: FailureWatch;
};

/** As {@link withOpenLedger}, with those of the read models that `reads` names showing every event stored so far. */
export async function withReadModels<Result>(
  session: Session,
  flags: LedgerFlags,
  reads: readonly string[],
  work: (opened: Following) => Promise<Result>,
): Promise<Result> {
  return withOpenLedger(session, flags, { create: false }, async (ledger, setup) => {
    const { followLedger } = await import('../read-models.js');
    const failures = failureWatch();
    const { onFailure } = failures;
    const models = await followLedger(ledger, { views: setup.views, clock: session.clock, onFailure });
    try {
      const head = await ledger.store.head();
      const opened = { ledger, models, head, failures };
      if (reads.length > 0) await caughtUp(session.terminal, opened, reads);
      return await work(opened);
    } finally {
      await models.close();
    }
  });
}

async function caughtUp(
  terminal: Terminal,
  { models: { projections }, head, failures }: Following,
  reads: readonly string[],
): Promise<void> {
  const bar = progress(terminal, 'reading', head === undefined ? undefined : Number(head));
  const timer = setInterval(() => {
    projections.status().then(
      (all) =>
        bar.update(
          Math.min(
            ...all
              .filter(({ name }) => reads.includes(name))
              .map(({ position = 0n, rebuilding }) => Number(rebuilding?.position ?? position)),
          ),
        ),
      () => {
        // Whatever keeps the status from being told is told by the wait itself.
      },
    );
  }, PROGRESS_MS);
  try {
    await Promise.race([projections.waitFor(head, CATCH_UP_MS, reads), failures.of(reads)]);
  } finally {
    clearInterval(timer);
    bar.stop();
  }
}

const PROGRESS_MS = 250;
