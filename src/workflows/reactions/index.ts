import type { Reaction } from '../../domain/reaction.js';

/** Every reaction that ships: what a ledger of a county carries out. */
export const shippedReactions: readonly Reaction[] = [];
