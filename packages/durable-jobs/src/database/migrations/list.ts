import type { MigrationStage } from '../migrator.ts';
import * as ownSchema from './0001-own-schema.ts';
import * as enqueue from './0002-enqueue.ts';
import * as deadStarts from './0003-dead-starts.ts';
import * as expiresAt from './0004-expires-at.ts';
import * as outcomeChecks from './0005-outcome-checks.ts';
import * as flow from './0006-flow.ts';
import * as heldStarts from './0007-held-starts.ts';
import * as cancel from './0008-cancel.ts';
import * as serviceWorkers from './0009-service-workers.ts';
import * as completeWorkItem from './0010-complete-work-item.ts';
import * as checkedStarts from './0011-checked-starts.ts';
import * as unmadeStarts from './0012-unmade-starts.ts';
import * as priority from './0013-priority.ts';
import * as startTurns from './0014-start-turns.ts';
import * as workPriority from './0015-work-priority.ts';
import * as workTurns from './0016-work-turns.ts';
import * as startsOfJob from './0017-starts-of-job.ts';
import * as limits from './0018-limits.ts';
import * as workItemChecks from './0019-work-item-checks.ts';
import * as workInTurns from './0020-work-in-turns.ts';
import * as ownIndexes from './0021-own-indexes.ts';
import * as debounce from './0022-debounce.ts';
import * as openBulkJobs from './0023-open-bulk-jobs.ts';
import * as keep from './0024-keep.ts';
import * as waitsForStarts from './0025-waits-for-starts.ts';

/**
 * The library's migrations, in the order in which they are applied. Never edit a released migration: add another.
 */
export const libraryMigrations: MigrationStage = {
  isLibrary: true,
  migrations: {
    '0001-own-schema': ownSchema,
    '0002-enqueue': enqueue,
    '0003-dead-starts': deadStarts,
    '0004-expires-at': expiresAt,
    '0005-outcome-checks': outcomeChecks,
    '0006-flow': flow,
    '0007-held-starts': heldStarts,
    '0008-cancel': cancel,
    '0009-service-workers': serviceWorkers,
    '0010-complete-work-item': completeWorkItem,
    '0011-checked-starts': checkedStarts,
    '0012-unmade-starts': unmadeStarts,
    '0013-priority': priority,
    '0014-start-turns': startTurns,
    '0015-work-priority': workPriority,
    '0016-work-turns': workTurns,
    '0017-starts-of-job': startsOfJob,
    '0018-limits': limits,
    '0019-work-item-checks': workItemChecks,
    '0020-work-in-turns': workInTurns,
    '0021-own-indexes': ownIndexes,
    '0022-debounce': debounce,
    '0023-open-bulk-jobs': openBulkJobs,
    '0024-keep': keep,
    '0025-waits-for-starts': waitsForStarts,
  },
};
