import { sql } from 'kysely';

/** Whether an outbox entry is neither made, dropped nor withdrawn. */
export const isStillToMake = sql<boolean>`dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL`;

/** Whether an entry is to be settled: made, or, of those that are held, its withdrawal recorded. As in the index `outbox_turns`. */
export const isToSettle = sql<boolean>`dispatched_at IS NULL AND dropped_at IS NULL AND (NOT is_held OR withdrawn_at IS NOT NULL)`;
