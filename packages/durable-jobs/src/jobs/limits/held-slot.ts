import { sql } from 'kysely';

/** Whether a slot counts: one of a throttle only for its period. */
export const isHeldSlot = sql<boolean>`(ends_at IS NULL OR ends_at > clock_timestamp())`;
