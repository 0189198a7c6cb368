import type { Reaction } from '../../domain/reaction.js';
import { overdueWatch } from './overdue-watch.js';
import { supervisionOrders } from './supervision-orders.js';

/** Every reaction that ships: what a ledger of a county carries out. */
export const shippedReactions: readonly Reaction[] = [overdueWatch, supervisionOrders];
