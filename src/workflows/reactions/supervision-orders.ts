import type { JsonObject } from '../../domain/event.js';
import { defineReaction, type ReactionCause, type ReactionCommand } from '../../domain/reaction.js';

const ORDER = 'supervision-order';

/** Levels up to this one are dissatisfied: 2 dissatisfied, 1 very dissatisfied (国办发〔2019〕51号). */
const DISSATISFIED_UP_TO = 2;

/** Issues a supervision order for a dissatisfied rating, an alert that was escalated, and a finding of a screening. */
export const supervisionOrders = defineReaction({
  name: 'supervision-orders',
  version: 1,
  title: {
    en: 'Bad ratings, escalated alerts and findings issue supervision orders',
    zh: '差评、预警升级、巡查发现触发督办',
  },
  on: [
    { workflow: 'application', events: ['evaluation.given'] },
    { workflow: 'overdue-alert', events: ['alert.escalated'] },
    { workflow: 'screening', events: ['lines.marked'] },
  ],
  sends: { [ORDER]: ['order.issued'] },
  role: 'supervisionDesk',
  react(cause) {
    const { event, workflow, caseId, history } = cause;
    switch (event.type) {
      case 'evaluation.given':
        return Number(event.data.level) <= DISSATISFIED_UP_TO
          ? [order(cause, [], { cause: 'dissatisfied', about: { workflow: workflow.name, caseId } })]
          : [];
      case 'alert.escalated':
        return [
          order(cause, [], {
            cause: 'overdue',
            about: history.find(({ type }) => type === 'rung.reached')!.data.watched!,
            from: { workflow: workflow.name, caseId },
          }),
        ];
      case 'lines.marked':
        return findings(cause);
      default:
        return [];
    }
  },
});

/** One order per line that was marked so. */
function findings(cause: ReactionCause): readonly ReactionCommand[] {
  const { event, workflow, caseId, history } = cause;
  const marks = event.data.marks as readonly JsonObject[];
  return marks
    .filter(({ finding }) => finding === 'order')
    .map(({ line: id, note }) => {
      const line = history
        .filter(({ type }) => type === 'lines.listed')
        .flatMap(({ data }) => data.lines as readonly JsonObject[])
        .find((one) => one.id === id)!;
      return order(cause, [String(id)], {
        cause: 'screening',
        about: { workflow: line.workflow!, caseId: line.caseId! },
        from: { workflow: workflow.name, caseId },
        ...(note !== undefined && { matter: note }),
      });
    });
}

/** One order per cause: its id is derived from the event, so there cannot be two. */
function order({ event, labels }: ReactionCause, part: readonly string[], data: JsonObject): ReactionCommand {
  const { region, department } = labels;
  const where = { ...(region !== undefined && { region }), ...(department !== undefined && { department }) };
  return {
    workflow: ORDER,
    caseId: { derivedFrom: [event.id, ...part] },
    mode: 'open',
    events: [{ type: 'order.issued', data: { ...data, ...where } }],
  };
}
