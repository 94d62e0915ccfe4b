import type { ServiceDefinition } from '../hosted-services/define-service.ts';
import { polling, type HostedService, type ServiceScope } from '../hosted-services/hosted-service.ts';
import { libraryExpiredRows, type LibraryRetentions } from './expired-rows.ts';

/**
 * The hosted service that deletes expired rows from the library's tables. `createDurableJobs` adds it to an application's services. An
 * application that passes its own registry to `runWorker` adds it there, unless one of its jobs does the same. Workers have its code.
 */
export const cleanUp: ServiceDefinition = {
  id: 'clean-up',
  description: 'Deletes expired rows of the library, every hour.',
  channel: 'clean_up',
};

/** Interval between two rounds. */
const HOUR_MS = 3_600_000;
/** Wait after an error, for example while the database is unavailable. */
const ERROR_DELAY_MS = 60_000;
/** Rows per statement. A statement takes milliseconds, and holds its locks no longer. */
const BATCH = 1_000;

/** Returns the code of {@link cleanUp}. A repeat is safe: deleted rows are not found again. */
export function createCleanUp(retentions: LibraryRetentions, batch = BATCH): HostedService {
  return polling({
    pollMs: HOUR_MS,
    errorDelayMs: ERROR_DELAY_MS,
    async round(scope) {
      for (const deleteRows of Object.values(libraryExpiredRows)) {
        let deleted: number;
        do {
          if (scope.signal.aborted) return { more: false };
          deleted = await deleteRows(scope.db, retentions, batch);
          report(scope, deleted);
        } while (deleted >= batch);
      }
      return { more: false };
    },
  });
}

function report(scope: ServiceScope, deleted: number): void {
  if (deleted > 0) scope.report({ busy: true, processed: deleted });
}
