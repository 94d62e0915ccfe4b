import { sql } from 'kysely';

/** When the check of a slot is due whose run is reported to have ended: before all others, and by a look at the run itself. */
export const REPORTED = sql<Date>`'epoch'::timestamptz`;
