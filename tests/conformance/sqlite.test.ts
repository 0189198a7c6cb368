import { sqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { describeEventStore } from '../../src/testing/event-store-conformance.js';
import { sqliteStoreElsewhere } from '../support/store-elsewhere.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const file = temporaryFolder();
const path = () => file('case.ledger');

describeEventStore('sqliteEventStore', {
  open: () => sqliteEventStore({ path: path() }),
  reopen: () => sqliteEventStore({ path: path() }),
  secondProcess: () => sqliteStoreElsewhere(path()),
  openBounded: (maxQueued) => sqliteEventStore({ path: file('bounded.ledger'), maxQueued }),
});

describeEventStore('sqliteEventStore in memory', {
  open: () => sqliteEventStore({ path: ':memory:' }),
  openBounded: (maxQueued) => sqliteEventStore({ path: ':memory:', maxQueued }),
});
