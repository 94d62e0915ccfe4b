import { patched, proxyActivities, setCurrentDetails, uuid4 } from '@temporalio/workflow';
import type { MaintenanceActivities, MaintenanceInput, MaintenanceParts } from '../activities/maintenance.ts';
import type { RunMaintenanceInput, RunMaintenanceResult } from '../contracts/jobs/run-maintenance.ts';
import { databaseOptions, proxyCountedActivities, startWhenMeant } from 'durable-jobs/workflow';
import { emailOptions, upkeepOptions } from './policies.ts';
import { startMailings } from './start-mailings.ts';

const walks = proxyCountedActivities<MaintenanceActivities>(upkeepOptions);
const { mailMaintenanceReport } = proxyCountedActivities<MaintenanceActivities>(emailOptions);
const { listMaintenanceRecipients } = proxyActivities<MaintenanceActivities>(databaseOptions);

/** Analyzes, archives, prunes and checks, one after the other to limit the load of the database, then mails a report. */
export async function runMaintenance(_input: RunMaintenanceInput): Promise<RunMaintenanceResult> {
  await startWhenMeant();
  // The same in every replay, and different for every run.
  const maintenanceId = uuid4();
  const run = { maintenanceId, startedAt: new Date().toISOString() };
  setCurrentDetails('Moving old rows of closed orders to the archive.');
  const archived = await walks.archiveOldRows();
  setCurrentDetails('Deleting expired rows of the archive.');
  const pruned = await walks.pruneOldRows();
  setCurrentDetails('Analyzing tables.');
  // After rows have moved, so that the planner knows.
  const analyzed = await walks.analyzeTables();
  setCurrentDetails('Checking the invariants of the rows.');
  const checks = await walks.checkInvariants(run);
  setCurrentDetails('Mailing the report.');
  const parts = { analyzed, archived, pruned, checks };
  const mailed = patched('copies-are-jobs')
    ? { mailings: await startCopies(run, parts) }
    : { mail: await mailMaintenanceReport({ ...run, ...parts }) };
  setCurrentDetails(
    `${checks.orders} orders checked: ${checks.found} new findings, ${checks.open} open. ${archived.paymentAttempts} payment attempts archived.`,
  );
  return { maintenanceId, ...parts, ...mailed };
}

/** Starts a job for each recipient's copy of the report. */
async function startCopies(
  { maintenanceId, startedAt }: MaintenanceInput,
  parts: MaintenanceParts,
): Promise<string[]> {
  const recipients = await listMaintenanceRecipients();
  return startMailings(
    recipients.map((recipient) => ({
      kind: 'maintenance',
      reportId: maintenanceId,
      recipient,
      startedAt,
      ...parts,
    })),
  );
}
