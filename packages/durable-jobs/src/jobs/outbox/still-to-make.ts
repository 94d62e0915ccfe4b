import { sql } from 'kysely';

/** Whether an outbox entry is neither made, dropped nor withdrawn. */
export const isStillToMake = sql<boolean>`dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL`;
