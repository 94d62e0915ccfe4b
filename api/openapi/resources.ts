import { jobs } from '../../contracts/catalogue.ts';
import { bulkTasks } from '../../contracts/bulk.ts';
import { auditDocs } from '../../packages/durable-jobs/src/access/audit-docs.ts';
import { authDocs } from './auth.ts';
import { bulkJobDocs } from '../../packages/durable-jobs/src/bulk/docs.ts';
import { codecDocs } from '../../packages/durable-jobs/src/encryption/codec-docs.ts';
import type { ResourceDocs } from '../../packages/durable-jobs/src/http/openapi/describe.ts';
import { deadStartDocs } from '../../packages/durable-jobs/src/jobs/dead-starts/docs.ts';
import { emailDocs } from '../../packages/durable-jobs/src/emails/docs.ts';
import { healthDocs } from '../../packages/durable-jobs/src/http/health-docs.ts';
import { jobActionDocs } from '../../packages/durable-jobs/src/jobs/act/http/docs.ts';
import { jobBatchDocs } from '../../packages/durable-jobs/src/bulk/act-on-jobs/docs.ts';
import { jobDocs } from '../../packages/durable-jobs/src/jobs/docs.ts';
import { messageDocs } from './messages.ts';
import { orderDocs } from './orders.ts';
import { pageDocs } from '../../packages/durable-jobs/src/console/docs.ts';
import { processBulkDocs } from './process-bulk.ts';
import { reconciliationDocs } from './reconciliations.ts';
import { reportDocs } from './reports.ts';
import { scheduleDocs } from '../../packages/durable-jobs/src/schedules/docs.ts';
import { serviceDocs } from '../../packages/durable-jobs/src/hosted-services/docs.ts';
import { statsDocs } from './stats.ts';
import { stockDocs } from './stock.ts';
import { services } from '../../contracts/services.ts';
import { subjectDocs } from './subjects.ts';
import { problems } from '../../contracts/problems.ts';
import { userDocs } from './users.ts';
import { workKinds } from '../../contracts/work-items.ts';
import { workItemDocs } from '../../packages/durable-jobs/src/work-queue/docs.ts';

/** Problems with which the rules of our jobs refuse a cancellation. */
const cancelRefusals = [problems.orderAlreadyPaid];

const jobActions = jobActionDocs(cancelRefusals);
const schedules = scheduleDocs(jobs);

/** Every resource, in the order in which the document lists them. */
export const resources: readonly ResourceDocs[] = [
  jobDocs(jobs, cancelRefusals),
  { ...jobActions, routes: { ...jobBatchDocs(jobs), ...jobActions.routes } },
  deadStartDocs,
  bulkJobDocs(bulkTasks),
  { ...schedules, routes: { ...schedules.routes, ...processBulkDocs } },
  serviceDocs(services),
  workItemDocs(workKinds),
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
  pageDocs(jobs),
];
