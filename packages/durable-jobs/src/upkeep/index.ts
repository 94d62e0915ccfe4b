/** What the library deletes from its own tables, and when. */
export { cleanUp } from './clean-up.ts';
export { deleteExpiredRows } from './delete-expired-rows.ts';
export { libraryExpiredRows, type LibraryRetentions } from './expired-rows.ts';
