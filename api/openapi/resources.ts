import { auditDocs } from './audit.ts';
import { authDocs } from './auth.ts';
import { bulkJobDocs } from './bulk-jobs.ts';
import { codecDocs } from './codec.ts';
import type { ResourceDocs } from './describe.ts';
import { emailDocs } from './emails.ts';
import { healthDocs } from './health.ts';
import { jobActionDocs } from './job-actions.ts';
import { jobDocs } from './jobs.ts';
import { messageDocs } from './messages.ts';
import { orderDocs } from './orders.ts';
import { pageDocs } from './pages.ts';
import { reconciliationDocs } from './reconciliations.ts';
import { reportDocs } from './reports.ts';
import { scheduleDocs } from './schedules.ts';
import { serviceDocs } from './services.ts';
import { statsDocs } from './stats.ts';
import { stockDocs } from './stock.ts';
import { subjectDocs } from './subjects.ts';
import { userDocs } from './users.ts';
import { workItemDocs } from './work-items.ts';

/** Every resource, in the order in which the document lists them. */
export const resources: readonly ResourceDocs[] = [
  jobDocs,
  jobActionDocs,
  bulkJobDocs,
  scheduleDocs,
  serviceDocs,
  workItemDocs,
  emailDocs,
  orderDocs,
  messageDocs,
  stockDocs,
  authDocs,
  userDocs,
  subjectDocs,
  reportDocs,
  statsDocs,
  reconciliationDocs,
  auditDocs,
  codecDocs,
  healthDocs,
  pageDocs,
];
