import type { ServiceDefinition } from '../hosted-services/define-service.ts';
import { polling, type HostedService, type ServiceScope } from '../hosted-services/hosted-service.ts';
import { libraryExpiredRows, type LibraryRetentions } from './expired-rows.ts';

/**
 * The hosted service that deletes what has expired in the library's tables. `createDurableJobs` adds it to an application's services;
 * an application that hands its own registry to `runWorker` puts it there, unless it has a job for that. Workers have its code.
 */
export const cleanUp: ServiceDefinition = {
  id: 'clean-up',
  description: 'Deletes expired rows of the library, every hour.',
  channel: 'clean_up',
};

/** Between two rounds. */
const HOUR_MS = 3_600_000;
/** After an error, such as of a database that is unavailable. */
const ERROR_DELAY_MS = 60_000;
/** Rows that one statement deletes: it takes milliseconds, and so do its locks. */
const BATCH = 1_000;

/** The code of {@link cleanUp}. A repeat is safe: what is deleted is not there any more. */
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
