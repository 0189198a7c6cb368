import { caseLedger } from '#caseledger/api/case-ledger.js';
import { threadMethods } from '#caseledger/engine-thread/ledger-thread.js';
import { followLedger } from '#caseledger/read-models.js';
import { benchLedger } from './setting.js';

/** Opens, in the engine's thread, a ledger with its read models. */
export async function open({ path }: { readonly path: string }) {
  const ledger = await benchLedger(path);
  const models = await followLedger(ledger, { views: `${path}.views`, clock: ledger.clock });
  return {
    methods: threadMethods(caseLedger(ledger), models.projections, models.reactions, async () => undefined),
    async close() {
      await models.close();
      await ledger.close();
    },
  };
}
