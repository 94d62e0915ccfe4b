import { jobs } from '../../contracts/catalogue.ts';
import { bulkTasks } from '../../contracts/bulk.ts';
import { auditDocs, keyDocs } from 'durable-jobs/access';
import { authDocs } from '../auth/docs.ts';
import { bulkJobDocs, jobBatchDocs } from 'durable-jobs/bulk';
import { codecDocs } from 'durable-jobs/encryption';
import { healthDocs, type ResourceDocs } from 'durable-jobs/http';
import { deadStartDocs, groupDocs, jobActionDocs, jobDocs } from 'durable-jobs/jobs';
import { emailDocs } from 'durable-jobs/emails';
import { messageDocs } from '../order-messages/docs.ts';
import { orderDocs } from '../orders/docs.ts';
import { pageDocs, queueDocs } from 'durable-jobs/console';
import { passwordPageDocs } from '../password-page/docs.ts';
import { processBulkDocs } from '../process-bulk/docs.ts';
import { reconciliationDocs } from '../reconciliations/docs.ts';
import { reportDocs } from '../reports/docs.ts';
import { scheduleDocs } from 'durable-jobs/schedules';
import { serviceDocs } from 'durable-jobs/hosted-services';
import { statsDocs } from '../stats/docs.ts';
import { stockDocs } from '../stock/docs.ts';
import { services } from '../../contracts/services.ts';
import { subjectDocs } from '../subjects/docs.ts';
import { problems } from '../../contracts/problems.ts';
import { userDocs } from '../users/docs.ts';
import { workKinds } from '../../contracts/work-items.ts';
import { workItemDocs } from 'durable-jobs/work-queue';

/** Problems with which the rules of our jobs refuse a cancellation. */
const cancelRefusals = [problems.orderAlreadyPaid];

const jobActions = jobActionDocs(jobs, cancelRefusals);
const schedules = scheduleDocs(jobs);
const pages = pageDocs(jobs);

/** Every resource, in the order in which the document lists them. */
export const resources: readonly ResourceDocs[] = [
  jobDocs(jobs, cancelRefusals),
  { ...jobActions, routes: { ...jobBatchDocs(jobs), ...jobActions.routes } },
  deadStartDocs(jobs),
  groupDocs,
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
  keyDocs,
  codecDocs,
  queueDocs,
  healthDocs,
  { ...pages, routes: { ...pages.routes, ...passwordPageDocs } },
];
