import type { MigrationStage } from '../migrator.ts';
import * as ownSchema from './0001-own-schema.ts';

/**
 * The library's migrations, in the order in which they are applied. Never edit a released migration: add another.
 */
export const libraryMigrations: MigrationStage = {
  isLibrary: true,
  migrations: {
    '0001-own-schema': ownSchema,
  },
};
