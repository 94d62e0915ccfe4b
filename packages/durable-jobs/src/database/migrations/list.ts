import type { MigrationStage } from '../migrator.ts';
import * as ownSchema from './0001-own-schema.ts';
import * as enqueue from './0002-enqueue.ts';
import * as deadStarts from './0003-dead-starts.ts';

/**
 * The library's migrations, in the order in which they are applied. Never edit a released migration: add another.
 */
export const libraryMigrations: MigrationStage = {
  isLibrary: true,
  migrations: {
    '0001-own-schema': ownSchema,
    '0002-enqueue': enqueue,
    '0003-dead-starts': deadStarts,
  },
};
