// webhooks-deliverer.mjs <ledger>: the process that is killed. Delivers until then.
import { sqliteEventStore } from '../../dist/event-store/sqlite/sqlite-event-store.js';
import { openProofOutbox } from './webhooks-outbox.mjs';

const path = process.argv[2];
const outbox = openProofOutbox({ path, events: await sqliteEventStore({ path, readOnly: true }) });
outbox.start();
process.stdout.write('delivering\n');
