// A SQLite store in a process of its own: does what its parent asks over the IPC channel, one answer per question.
import { sqliteEventStore } from '../../dist/event-store/sqlite/sqlite-event-store.js';

const store = await sqliteEventStore({ path: process.argv[2] });

process.on('message', async ({ id, method, parameters }) => {
  const answer = await store[method](...parameters).then(
    (value) => ({ id, value }),
    (error) => ({ id, failure: error.failure, message: error.message }),
  );
  process.send(answer, () => {
    if (method === 'close') process.disconnect();
  });
});

process.send('open');
