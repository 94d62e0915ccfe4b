/** The library's tables, their migrations, and connections to them. */
export type { CreatedAt } from './columns.ts';
export { connectDatabase, type DbOf } from './connect.ts';
export { ago, deleteBatch, type DeleteBatch, type ExpiredRows } from './delete-batch.ts';
export { refuseInTransaction } from './in-transaction.ts';
export { buildIndex, dropIndex } from './indexes.ts';
export { libraryMigrations } from './migrations/list.ts';
export {
  applyMigrations,
  type MigrationStage,
  type MigratorOptions,
  type SchemaMigration,
} from './migrator.ts';
export { type Cursor, type Page, type PageRequest, readPage } from './pages.ts';
export { withPrepared } from './prepared.ts';
export type { LibraryDatabase } from './schema.ts';
export { connectionTo, type DatabaseServer } from './server.ts';
export { jsonUpTo, LISTED_BYTES, listedText, omittedOf } from './shown.ts';
export { isDatabaseUnavailable, whileDatabaseAnswers } from './unavailable.ts';
