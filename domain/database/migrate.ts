import { pino } from 'pino';
import {
  applyMigrations,
  type DatabaseServer,
  libraryMigrations,
  type MigrationStage,
  type MigratorOptions,
  type SchemaMigration,
} from 'durable-jobs/database';
import * as initial from './migrations/0001-initial.ts';
import * as withdrawnResets from './migrations/0002-withdrawn-resets.ts';
import * as schedules from './migrations/0003-schedules.ts';
import * as reports from './migrations/0004-reports.ts';
import * as upkeep from './migrations/0005-upkeep.ts';
import * as bulk from './migrations/0006-bulk.ts';
import * as services from './migrations/0007-services.ts';
import * as workQueue from './migrations/0008-work-queue.ts';
import * as messages from './migrations/0009-messages.ts';
import * as requestContext from './migrations/0010-request-context.ts';
import * as access from './migrations/0011-access.ts';
import * as jobActions from './migrations/0012-job-actions.ts';
import * as encryption from './migrations/0013-encryption.ts';
import * as startOutcomes from './migrations/0014-start-outcomes.ts';
import * as droppedStarts from './migrations/0015-dropped-starts.ts';
import * as scheduleTurns from './migrations/0016-schedule-turns.ts';
import * as payloadKeyUse from './migrations/0017-payload-key-use.ts';
import * as withdrawnEmails from './migrations/0018-withdrawn-emails.ts';
import * as paymentCallBudget from './migrations/0019-payment-call-budget.ts';
import * as failingActivities from './migrations/0020-failing-activities.ts';
import * as movedStarts from './migrations/0021-moved-starts.ts';
import * as rowChecks from './migrations/0022-row-checks.ts';
import * as checkedRows from './migrations/0023-checked-rows.ts';
import * as erasedRecipients from './migrations/0024-erased-recipients.ts';
import * as erasureIndexes from './migrations/0025-erasure-indexes.ts';
import * as indexesForLists from './migrations/0026-indexes-for-lists.ts';
import * as sizesAtTheDoor from './migrations/0027-sizes-at-the-door.ts';
import * as bulkUploads from './migrations/0028-bulk-uploads.ts';
import * as orderRepricings from './migrations/0029-order-repricings.ts';
import * as deadWorkOfKind from './migrations/0030-dead-work-of-kind.ts';
import * as outboxSizes from './migrations/0031-outbox-sizes.ts';
import * as indexesForUpkeep from './migrations/0032-indexes-for-upkeep.ts';
import * as ordersByStatus from './migrations/0033-orders-by-status.ts';

/** In the order in which they are applied. A released migration is never edited: add another one. */
export const migrations: Record<string, SchemaMigration> = {
  '0001-initial': initial,
  '0002-withdrawn-resets': withdrawnResets,
  '0003-schedules': schedules,
  '0004-reports': reports,
  '0005-upkeep': upkeep,
  '0006-bulk': bulk,
  '0007-services': services,
  '0008-work-queue': workQueue,
  '0009-messages': messages,
  '0010-request-context': requestContext,
  '0011-access': access,
  '0012-job-actions': jobActions,
  '0013-encryption': encryption,
  '0014-start-outcomes': startOutcomes,
  '0015-dropped-starts': droppedStarts,
  '0016-schedule-turns': scheduleTurns,
  '0017-payload-key-use': payloadKeyUse,
  '0018-withdrawn-emails': withdrawnEmails,
  '0019-payment-call-budget': paymentCallBudget,
  '0020-failing-activities': failingActivities,
  '0021-moved-starts': movedStarts,
  '0022-row-checks': rowChecks,
  '0023-checked-rows': checkedRows,
  '0024-erased-recipients': erasedRecipients,
  '0025-erasure-indexes': erasureIndexes,
  '0026-indexes-for-lists': indexesForLists,
  '0027-sizes-at-the-door': sizesAtTheDoor,
  '0028-bulk-uploads': bulkUploads,
  '0029-order-repricings': orderRepricings,
  '0030-dead-work-of-kind': deadWorkOfKind,
  '0031-outbox-sizes': outboxSizes,
  '0032-indexes-for-upkeep': indexesForUpkeep,
  '0033-orders-by-status': ordersByStatus,
};

/**
 * Up to 0032, the application also created the library's tables. The library's first migration moves these to a separate schema, where
 * later migrations of the application find them.
 */
export const stages: readonly MigrationStage[] = [
  { migrations, upTo: '0032-indexes-for-upkeep' },
  libraryMigrations,
  { migrations },
];

/**
 * Upgrades the database to the newest schema and returns the names of the applied migrations, none if it was up to date. Any number of
 * processes may call it concurrently: one applies them, the others wait.
 * @throws an error that names the first migration that failed. Earlier ones stay applied.
 */
export function migrateToLatest(
  database: DatabaseServer,
  options: MigratorOptions = { logger: pino({ level: 'silent' }) },
): Promise<string[]> {
  return applyMigrations(database, stages, options);
}
