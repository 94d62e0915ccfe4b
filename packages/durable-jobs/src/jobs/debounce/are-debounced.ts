import { sql } from 'kysely';
import { ofOwnIndex } from '../../database/own-index.ts';

/** Entries that wait for their keys to be quiet, by their keys and by the times when they are: `outbox_debounced`, `outbox_settles`. */
export const areDebounced = ofOwnIndex(
  sql<boolean>`dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL AND debounce_key IS NOT NULL`,
);
