import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ledger, openLedger } from '#caseledger/ledger.js';
import { catalogueLookup } from '#caseledger/workflows/catalogue/catalogue-lookup.js';
import { countyItems } from '#caseledger/workflows/catalogue/county-items.js';
import { shippedWorkflows } from '#caseledger/workflows/registry.js';

/** Where measurements write: a folder on the disk of the project, since a temporary folder may lie in memory. */
export type BenchSetting = {
  readonly folder: string;
  /** How often each pair is measured. */
  readonly rounds: number;
  /** Cases written per round with many callers; a smaller number for a quick look. */
  readonly casesPerRound: number;
  /** Events stored in the ledger that growth is measured on. */
  readonly manyEvents: number;
  readonly progress: (text: string) => void;
};

/** The key of a ledger that holds nothing true. */
export const BENCH_MASTER_KEY = new Uint8Array(32).fill(7);

/** A ledger with the shipped workflows and nothing switched off. */
export function benchLedger(path: string): Promise<Ledger> {
  return openLedger({
    store: path,
    masterKey: BENCH_MASTER_KEY,
    workflows: shippedWorkflows,
    lookups: { catalogue: catalogueLookup(countyItems) },
  });
}

/** A folder for one section, removed afterwards. */
export async function inFolder<Result>(
  setting: BenchSetting,
  name: string,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(setting.folder, `bench-${name}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
