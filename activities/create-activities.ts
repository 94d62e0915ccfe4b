import type { Client } from '@temporalio/client';
import type { ShopWorkerConfig } from '../domain/config.ts';
import type { PaymentProvider } from '../domain/payments/provider.ts';
import type { Db } from '../domain/database/schema.ts';
import type { Mailer } from 'durable-jobs/mail';
import type { Secrets } from 'durable-jobs/process';
import { createCleanUpActivities } from './clean-up.ts';
import { createEmailActivities } from './emails.ts';
import { createErasureActivities } from './erasure.ts';
import { createMaintenanceActivities } from './maintenance.ts';
import { createOrderActivities } from './orders.ts';
import { createReconciliationActivities } from './reconciliation/activities.ts';
import { createReportActivities } from './reports.ts';
import { prepared } from './prepared.ts';

/** Dependencies of the activities. */
export interface ActivityDeps {
  db: Db;
  mailer: Mailer;
  payments: PaymentProvider;
  secrets: Secrets;
  temporal: Client;
}

/** The settings of the activities. */
export type ActivitySettings = UpkeepSettings &
  Pick<ShopWorkerConfig, 'PUBLIC_URL' | 'TIME_ZONE' | 'REPORT_RECIPIENTS' | 'PAYMENTS_PER_SECOND'>;

/** The settings of reconciliation, clean-up and maintenance. */
export type UpkeepSettings = Pick<
  ShopWorkerConfig,
  | 'RECONCILIATION_WINDOW'
  | 'RECONCILIATION_QUIET_TIME'
  | 'PASSWORD_RESET_RETENTION'
  | 'OUTBOX_RETENTION'
  | 'FAILED_ATTEMPTS_RETENTION'
  | 'AUDIT_RETENTION'
  | 'BULK_RETENTION'
  | 'WORK_ITEM_RETENTION'
  | 'ARCHIVE_AFTER'
  | 'ARCHIVE_RETENTION'
  | 'FINDINGS_RETENTION'
  | 'MESSAGE_RETENTION'
  | 'MAINTENANCE_RECIPIENTS'
>;

/** Returns the application's activities, by the name that workflows use. */
export function createActivities(deps: ActivityDeps, settings: ActivitySettings) {
  const { PUBLIC_URL: publicUrl } = settings;
  return {
    // The statements of the other activities look through many rows, and the best way depends on how many there are.
    ...prepared({ ...createEmailActivities({ ...deps, publicUrl }), ...createOrderActivities(deps) }),
    ...createReportActivities({
      ...deps,
      publicUrl,
      reportTimeZone: settings.TIME_ZONE,
      reportRecipients: settings.REPORT_RECIPIENTS,
    }),
    ...createReconciliationActivities({ ...deps, settings }),
    ...createCleanUpActivities({ ...deps, retentions: settings }),
    ...createMaintenanceActivities({ ...deps, settings }),
    ...createErasureActivities(deps),
  };
}
