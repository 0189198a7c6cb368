import { workerData } from 'node:worker_threads';
import { openDatabase } from '../../event-store/sqlite/sqlite-binding.js';

// The other side of `write-back.ts`: holds nothing up but this thread.
const database = openDatabase((workerData as { readonly path: string }).path);
try {
  database.exec('PRAGMA wal_checkpoint(PASSIVE)');
} finally {
  database.close();
}
