import { sql } from 'kysely';
import { ofNoIndex, ofOwnIndex } from '../../database/own-index.ts';
import { BEHIND } from '../limits/behind.ts';

const unmade = sql<boolean>`dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL`;
const unsettled = sql<boolean>`dispatched_at IS NULL AND dropped_at IS NULL AND (NOT is_held OR withdrawn_at IS NOT NULL)`;

/** Whether an outbox entry is neither made, dropped nor withdrawn; for entries that are found by their ids. */
export const isStillToMake = ofNoIndex(unmade);

/** Whether an entry is to be settled: made, or, of those that are held, its withdrawal recorded; for entries that are found by their ids. */
export const isToSettle = ofNoIndex(unsettled);

/** Entries to be settled, by priority, fairness key and id: `outbox_to_settle`. */
export const areToSettle = ofOwnIndex(unsettled);

/** Entries that are still to be made, by job and id: `outbox_unmade`. */
export const areUnmade = ofOwnIndex(unmade);

/** Those of them that are not held, by job and id: `outbox_waiting`. */
export const areWaiting = ofOwnIndex(sql<boolean>`${unmade} AND NOT is_held`);

/** Those that are neither held nor checked, by the time when they are due and id: `outbox_to_check`. */
export const areToCheck = ofOwnIndex(sql<boolean>`${unmade} AND NOT is_held AND NOT is_checked`);

/** Entries that wait at a limit, by its key, priority, fairness key and id: `outbox_at_limit`. */
export const areAtLimit = ofOwnIndex(sql<boolean>`${unmade} AND limit_key IS NOT NULL`);

/** Those of them whose limit keeps one start, by that limit's key and id: `outbox_kept`. */
export const areKept = ofOwnIndex(sql<boolean>`${unmade} AND limit_key IS NOT NULL AND kept_key IS NOT NULL`);

/** Entries that wait behind an earlier one of their job, by job and id: `outbox_followers`. */
export const areBehind = ofOwnIndex(sql<boolean>`${unmade} AND limit_key = ${sql.lit(BEHIND)}`);

/** Held entries that may expire, by that time: `outbox_held_expiring`. */
export const areHeldAndExpire = ofOwnIndex(sql<boolean>`${unmade} AND is_held AND expires_at IS NOT NULL`);

/** Held entries that are not checked, by id: `outbox_held_to_check`. */
export const areHeldToCheck = ofOwnIndex(sql<boolean>`${unmade} AND is_held AND NOT is_checked`);
