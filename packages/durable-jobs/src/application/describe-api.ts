import { auditDocs } from '../access/audit-docs.ts';
import { keyDocs } from '../access/key-docs.ts';
import { jobBatchDocs } from '../bulk/act-on-jobs/docs.ts';
import { bulkJobDocs } from '../bulk/docs.ts';
import { pageDocs } from '../console/docs.ts';
import { queueDocs } from '../console/queue-docs.ts';
import { emailDocs } from '../emails/docs.ts';
import { codecDocs } from '../encryption/codec-docs.ts';
import { serviceDocs } from '../hosted-services/docs.ts';
import { healthDocs } from '../http/health-docs.ts';
import type { ApiDescription } from '../http/openapi/document.ts';
import { libraryProblems } from '../http/problem-kinds.ts';
import { jobActionDocs } from '../jobs/act/http/docs.ts';
import { deadStartDocs } from '../jobs/dead-starts/docs.ts';
import { groupDocs } from '../jobs/flow/group-docs.ts';
import { jobDocs } from '../jobs/docs.ts';
import { deadLetterDocs } from '../messages/docs.ts';
import { scheduleDocs } from '../schedules/docs.ts';
import { workItemDocs } from '../work-queue/docs.ts';
import type { Declared } from './declare.ts';
import type { ApplicationRoutes } from './options.ts';

/** Describes the API of an application: the library's resources and its own. */
export function describeApi(
  { jobs, bulkTasks, services, workKinds }: Pick<Declared, 'jobs' | 'bulkTasks' | 'services' | 'workKinds'>,
  { docs = [], problems = [] }: Pick<ApplicationRoutes, 'docs' | 'problems'>,
): ApiDescription {
  const actions = jobActionDocs(jobs);
  return {
    resources: [
      jobDocs(jobs),
      { ...actions, routes: { ...jobBatchDocs(jobs), ...actions.routes } },
      deadStartDocs(jobs),
      groupDocs,
      bulkJobDocs(bulkTasks),
      scheduleDocs(jobs),
      serviceDocs(services),
      workItemDocs(workKinds),
      emailDocs,
      deadLetterDocs,
      ...docs,
      auditDocs,
      keyDocs,
      codecDocs,
      queueDocs,
      healthDocs,
      pageDocs(jobs),
    ],
    problems: [...Object.values(libraryProblems), ...problems],
  };
}
