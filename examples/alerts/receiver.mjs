// Receives alerts: WEBHOOK_SECRET=whsec_… PORT=4000 node receiver.mjs
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const seen = new Set(); // a table with the id as its key, in the transaction that acts on the alert

const server = createServer(async (req, res) => {
  try {
    const alert = webhook.verify(await text(req), req.headers);
    const id = req.headers['webhook-id'];
    if (!seen.has(id)) console.log(`${alert.type} ${alert.subject} ${alert.data.dueOn ?? ''}`.trim());
    seen.add(id);
    res.writeHead(204).end();
  } catch (error) {
    res.writeHead(400).end(error.message);
  }
});
server.listen(process.env.PORT ?? 4000, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
