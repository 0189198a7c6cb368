import { v7 as uuid } from 'uuid';
import type { Actor } from '#caseledger/domain/access.js';
import type { CaseEngine } from '#caseledger/engine/case-engine.js';
import type { OpenCommand, SendCommand } from '#caseledger/engine/command.js';

/** Events of one case, each a command of its own. */
export const EVENTS_PER_CASE = 8;

/** The commands of one case, prepared beforehand: what a caller makes is not what is measured. */
export type PreparedCase = { readonly open: OpenCommand; readonly sends: readonly SendCommand[] };

const REGION = '330921';
const DEPARTMENT = 'market-regulation';
const actor = (id: string, role: string): Actor => ({ id, roles: [role], department: DEPARTMENT, region: REGION });
const intake = actor('clerk-intake', 'intake');
const reviewer = actor('clerk-review', 'reviewer');
const decider = actor('clerk-decide', 'decider');
const terminal = actor('rating-terminal', 'ratingTerminal');

/** Everybody who acts in a prepared case. */
export const ACTORS: readonly Actor[] = [intake, reviewer, decider, terminal];

/** One application for a food business licence from receipt to rating: eight events, three of them with personal fields. */
export function preparedCase(number: number): PreparedCase {
  const caseId = uuid();
  const of = (who: Actor, type: string, data: object): SendCommand => ({
    workflow: 'application',
    caseId,
    commandId: uuid(),
    actor: who,
    events: [{ type, data }],
  });
  const applicant = {
    kind: 'person',
    name: '王小明',
    idNumber: caseId,
    phone: '13800000000',
  };
  const handed = ['application-form', 'premises-layout'].map((material) => ({ material, form: 'paper' }));
  return {
    open: of(intake, 'application.received', {
      item: 'food-business-licence',
      region: REGION,
      channel: 'window',
      applicant,
      materials: handed,
    }),
    sends: [
      of(intake, 'application.accepted', { notice: `SL-2026-${number}` }),
      of(reviewer, 'review.started', {}),
      of(reviewer, 'review.completed', {
        opinion: 'approve',
        basis: '申请材料齐全，符合法定形式；现场核查符合要求，建议准予许可。',
      }),
      of(decider, 'application.approved', { decision: `JY-2026-${number}`, validUntil: '2031-11-23' }),
      of(intake, 'result.dispatched', {
        trackingNumber: `EMS${number}`,
        address: '浙江省舟山市岱山县高亭镇长河路 100 号',
      }),
      of(intake, 'result.delivered', { method: 'courier' }),
      of(terminal, 'evaluation.given', { level: 5, comment: '办理很快，服务很好。' }),
    ],
  };
}

export function preparedCases(count: number, from = 0): readonly PreparedCase[] {
  return Array.from({ length: count }, (_, index) => preparedCase(from + index));
}

/**
 * Sends every case's commands, one after the other within a case, by so many callers at once.
 *
 * @returns the milliseconds each command took
 */
export async function sendAll(
  engine: Pick<CaseEngine, 'open' | 'send'>,
  cases: readonly PreparedCase[],
  callers: number,
): Promise<Float64Array> {
  const latencies = new Float64Array(cases.length * EVENTS_PER_CASE);
  let next = 0;
  let sent = 0;
  const caller = async (): Promise<void> => {
    while (next < cases.length) {
      const { open, sends } = cases[next++]!;
      let start = performance.now();
      await engine.open(open);
      let end = performance.now();
      latencies[sent++] = end - start;
      for (const send of sends) {
        start = end;
        await engine.send(send);
        end = performance.now();
        latencies[sent++] = end - start;
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return latencies;
}
