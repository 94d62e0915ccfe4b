import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { refusalOf } from '../dev/refusal.ts';
import { createCommand, oneLine, print, RefusedError } from '../process/command.ts';
import { causesOf, errorMessage } from '../process/errors.ts';
import { useFolderEnvironment } from './folder-environment.ts';
import { loadApplication } from './load-application.ts';

/** `migrate`: creates the library's tables, or upgrades them. */
export function migrateCommand(): CommandUnknownOpts {
  return createCommand('migrate')
    .description("create the library's tables, or bring them up to date")
    .option('--app <file>', 'the file that exports durableJobs', oneLine)
    .action(async ({ app }) => {
      const folder = process.cwd();
      useFolderEnvironment(folder);
      const durableJobs = await loadApplication(folder, app);
      const applied = await durableJobs.migrate().catch(async (error: unknown) => {
        const refusal = await refusalOf(error);
        if (refusal === undefined && ![...causesOf(error)].some(isDatabaseUnavailable)) throw error;
        throw new RefusedError(
          `The database is not available: ${refusal ?? errorMessage(error)}. Start it, or correct DATABASE_URL.`,
        );
      });
      print(applied.length === 0 ? 'The tables are up to date.' : `Applied: ${applied.join(', ')}`);
      await durableJobs.close();
    });
}
