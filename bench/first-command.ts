import { benchLedger } from './setting.js';
import { preparedCase } from './workload.js';

// Started by the starting section: node first-command.js LEDGER library|http
const [path, way] = process.argv.slice(2);
const { open } = preparedCase(0);

if (way === 'library') {
  const ledger = await benchLedger(path!);
  await ledger.open(open);
  await ledger.close();
} else {
  const { benchService } = await import('./http-service.js');
  const { post } = await import('./http-post.js');
  const service = await benchService(path!);
  const { workflow, ...body } = open;
  const { caseId, commandId, events } = body;
  await post(`${service.url}/cases/${workflow}`, await service.tokenFor(open.actor), { caseId, commandId, events });
  await service.close();
}
