import { benchLedger } from './setting.js';
import { preparedCase } from './workload.js';

// Started by the starting section: node first-command.js LEDGER
const ledger = await benchLedger(process.argv[2]!);
await ledger.open(preparedCase(0).open);
await ledger.close();
