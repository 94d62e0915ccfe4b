import { ApplicationFailure, Context, log } from '@temporalio/activity';
import { z } from 'zod';
import { failureTypes } from '../contracts/errors.ts';
import type { MailReportResult } from '../contracts/jobs/mail-report.ts';
import type { CheckResult, PrunedRows, RunMaintenanceResult } from '../contracts/jobs/run-maintenance.ts';
import type { ShopWorkerConfig } from '../domain/config.ts';
import type { Db } from '../domain/database/schema.ts';
import { type Mailer, MailError } from 'durable-jobs/mail';
import { maintenanceEmailKey } from '../domain/mail/email-keys.ts';
import { composeEmail } from '../domain/mail/compose.ts';
import { sendForJob, sendOnce } from 'durable-jobs/emails';
import { listFindings, recordFinding, settleFindings } from '../domain/reconciliation/findings.ts';
import { accountKey } from '../domain/accounts/derived-secrets.ts';
import type { Secrets } from 'durable-jobs/process';
import { formatTime } from 'durable-jobs/values';
import {
  analyzeTable,
  archivePaymentAttempts,
  listTables,
  prunedRows,
  type ArchiveSettings,
} from '../domain/upkeep/archive.ts';
import {
  nextRange,
  otherChecks,
  rangeChecks,
  walkedTables,
  type Violation,
} from '../domain/upkeep/invariants.ts';
import { deleteExpiredRows } from 'durable-jobs/upkeep';
import { HEARTBEAT_MS, type Step, walk, withHeartbeat } from 'durable-jobs/engine';
import { heartbeating } from './heartbeating.ts';

/** Dependencies of the maintenance's activities. */
export interface MaintenanceDeps {
  db: Db;
  mailer: Mailer;
  secrets: Secrets;
  settings: ArchiveSettings & Pick<ShopWorkerConfig, 'MAINTENANCE_RECIPIENTS'>;
}

/** The maintenance. */
export interface MaintenanceInput {
  maintenanceId: string;
  /** When it began, ISO 8601 UTC: findings that were last seen before, and not again, are resolved. */
  startedAt: string;
}

/** The results of a maintenance's steps. */
export type MaintenanceParts = Omit<RunMaintenanceResult, 'maintenanceId' | 'mail' | 'mailings'>;

/** The content of a maintenance's report, in addition to the findings that are open when it is mailed. */
type ReportedMaintenance = Pick<MaintenanceInput, 'startedAt'> & MaintenanceParts;

/** The maintenance's activities, as workflows call them. */
export type MaintenanceActivities = ReturnType<typeof createMaintenanceActivities>;

/** Rows that one statement moves or deletes. */
const BATCH = 1_000;
/** Orders, or rows of another table, that one step checks. */
const RANGE = 2_000;
/** Findings that the email lists; `GET /api/findings` returns all of them. */
const LISTED = 50;

const count = z.number().int().nonnegative();
const analyzeCheckpoint = z.object({ done: z.array(z.string()) });
const archiveCheckpoint = z.object({ paymentAttempts: count });
const checkCheckpoint = z.object({
  /** The last order that was checked. */
  after: z.string().nullable(),
  orders: count,
  /** The position in another table, after the orders are checked. */
  beyond: z.object({ table: z.enum(walkedTables), after: z.string().nullable() }).optional(),
});

/** Creates the activities of the maintenance. Each of them continues from its last heartbeat, and repeating a step changes nothing. */
export function createMaintenanceActivities(deps: MaintenanceDeps, rangeLength = RANGE) {
  const { db, settings } = deps;

  const record = async (
    { maintenanceId }: MaintenanceInput,
    kind: string,
    violation: Violation,
  ): Promise<void> => {
    await recordFinding(db, {
      source: 'maintenance',
      kind,
      ...violation,
      repair: null,
      resolved: false,
      runId: maintenanceId,
    });
  };

  return {
    /** Updates the planner's statistics of every table and returns the tables. A repeat does no harm. */
    async analyzeTables(): Promise<string[]> {
      const tables = await listTables(db);
      const { done } = await walk(analyzeCheckpoint, { done: [] }, async (checkpoint) => {
        const table = tables[checkpoint.done.length];
        if (table === undefined) return { checkpoint, done: true };
        await analyzeTable(db, table);
        return { checkpoint: { done: [...checkpoint.done, table] }, done: false };
      });
      return done;
    },

    /** Moves old rows of closed orders to the archive, one batch in each transaction. A repeat is safe: moved rows are not found again. */
    async archiveOldRows(): Promise<RunMaintenanceResult['archived']> {
      return walk(archiveCheckpoint, { paymentAttempts: 0 }, async ({ paymentAttempts }) => {
        const moved = await archivePaymentAttempts(db, settings, BATCH);
        return { checkpoint: { paymentAttempts: paymentAttempts + moved }, done: moved < BATCH };
      });
    },

    /**
     * Deletes rows that are too old even for the archive, one batch in each transaction. A repeat is safe: deleted rows are not found
     * again.
     */
    pruneOldRows: (): Promise<PrunedRows> => deleteExpiredRows(db, prunedRows, settings),

    /**
     * Checks the rules about our own rows, records violations and, after every row was checked, resolves those that no longer exist. A
     * repeat is safe: a finding has a key.
     */
    async checkInvariants(input: MaintenanceInput): Promise<CheckResult> {
      const { orders } = await walk(
        checkCheckpoint,
        { after: null, orders: 0 },
        async (checkpoint): Promise<Step<z.infer<typeof checkCheckpoint>>> => {
          const { table, after } = checkpoint.beyond ?? { table: 'orders', after: checkpoint.after };
          const range = await nextRange(db, table, after, rangeLength);
          if (!range) {
            const next = walkedTables[walkedTables.indexOf(table) + 1];
            return next
              ? { checkpoint: { ...checkpoint, beyond: { table: next, after: null } }, done: false }
              : { checkpoint, done: true };
          }
          for (const [kind, check] of Object.entries(rangeChecks[table])) {
            for (const violation of await check(db, range)) await record(input, kind, violation);
          }
          return {
            checkpoint:
              table === 'orders'
                ? { after: range.upTo, orders: checkpoint.orders + range.rows }
                : { ...checkpoint, beyond: { table, after: range.upTo } },
            done: false,
          };
        },
      );
      return withHeartbeat(HEARTBEAT_MS, async () => {
        for (const [kind, check] of Object.entries(otherChecks)) {
          for (const violation of await check(db)) await record(input, kind, violation);
        }
        return { orders, ...(await settleFindings(db, input)) };
      });
    },

    /** Returns the account keys of the report's recipients. It changes nothing. */
    listMaintenanceRecipients(): Promise<string[]> {
      return Promise.resolve(
        [...new Set(settings.MAINTENANCE_RECIPIENTS)].map((address) => accountKey(deps.secrets, address)),
      );
    },

    /**
     * Mails one recipient's copy. A repeat is safe: an email's key, made of the maintenance and the recipient, is sent once.
     * @throws ApplicationFailure `MailUnavailable`, which is retried; `MailRejected`.
     */
    mailMaintenanceReportTo: heartbeating(
      async ({
        reportId,
        recipient: key,
        ...report
      }: ReportedMaintenance & { reportId: string; recipient: string }): Promise<MailReportResult> => {
        const recipient = settings.MAINTENANCE_RECIPIENTS.find(
          (address) => accountKey(deps.secrets, address) === key,
        );
        if (recipient === undefined) return { outcome: 'not_a_recipient' };
        await sendForJob(db, deps.mailer, {
          key: maintenanceEmailKey(reportId, key),
          ...(await reportEmail(db, report)),
          userId: null,
          recipient,
        });
        return { outcome: 'sent' };
      },
    ),

    /**
     * Mails the report of a maintenance to each recipient, for runs that began before each copy was a job. A repeat is safe: an email's
     * key, made of the maintenance and the recipient, is sent once. A recipient whom the server refuses permanently does not prevent the
     * other copies.
     */
    mailMaintenanceReport: heartbeating(
      async ({
        maintenanceId,
        ...report
      }: MaintenanceInput & MaintenanceParts): Promise<NonNullable<RunMaintenanceResult['mail']>> => {
        const recipients = [...new Set(settings.MAINTENANCE_RECIPIENTS)];
        const mail = { sent: 0, refused: 0 };
        if (recipients.length === 0) return mail;
        const email = await reportEmail(db, report);
        let unavailable: MailError | undefined;
        for (const recipient of recipients) {
          const key = maintenanceEmailKey(maintenanceId, accountKey(deps.secrets, recipient));
          try {
            await sendOnce(db, deps.mailer, {
              key,
              ...email,
              userId: null,
              recipient,
            });
            mail.sent++;
          } catch (error) {
            if (!(error instanceof MailError)) throw error;
            if (!error.permanent) unavailable = error;
            else {
              mail.refused++;
              log.warn('the mail server refused a recipient of the maintenance report', { key });
            }
          }
          Context.current().heartbeat();
        }
        if (unavailable) {
          throw ApplicationFailure.retryable(unavailable.message, failureTypes.mailUnavailable);
        }
        return mail;
      },
    ),
  };
}

/** The email also contains the findings about payments: a weekly reader wants to know everything that is open. */
async function reportEmail(db: Db, { startedAt, analyzed, archived, pruned, checks }: ReportedMaintenance) {
  const open = await listFindings(db, { open: true }, { limit: LISTED, after: undefined });
  const prunedTotal = Object.values<number>({ ...pruned }).reduce((sum, rows) => sum + rows, 0);
  return composeEmail('maintenance-report', {
    startedAt: formatTime(new Date(startedAt)),
    verdict: open.items.length === 0 ? 'No open findings.' : 'The findings below require an operator.',
    done: `${analyzed.length} tables were analyzed, ${archived.paymentAttempts} payment attempts archived and ${prunedTotal} old rows deleted.`,
    checked: `${checks.orders} orders were checked: ${checks.found} new findings, ${checks.resolved} resolved, ${checks.open} open.`,
    more: open.next === undefined ? '' : `GET /api/findings?status=open lists all open findings.`,
    facts: open.items.map((finding) => ({
      label: `${finding.kind.replaceAll('_', ' ')}: ${finding.subject}`,
      value: `since ${formatTime(finding.firstSeenAt)}`,
    })),
  });
}
