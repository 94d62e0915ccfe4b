import { jobs } from '../../contracts/catalogue.ts';
import { kebabCase, type JobSubject } from '../../packages/durable-jobs/src/jobs/define-job.ts';
import type { Db } from '../../packages/durable-jobs/src/database/connect.ts';
import { findOrder } from '../orders/orders.ts';

/** What the business key of a job says of the person whom it works for, by the job's part of the workflow id. */
const subjectKinds = new Map<string, JobSubject>(
  jobs.all.flatMap((job) => (job.subject ? [[kebabCase(job.type), job.subject]] : [])),
);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Names of a person's keys: as a user, and as an account that asks for password resets, existing or not. */
export const subjectNames = {
  user: (userId: string): string => `user:${userId}`,
  account: (accountKey: string): string => `account:${accountKey}`,
};

/** Whom a workflow works for, by its id; undefined where that is nobody, or nobody knows any more. */
export async function subjectOfJob(db: Db, workflowId: string): Promise<string | undefined> {
  const [prefix = '', key = ''] = workflowId.split(':');
  switch (subjectKinds.get(prefix)) {
    case undefined:
      return undefined;
    case 'account':
      return subjectNames.account(key);
    case 'user':
      return uuid.test(key) ? subjectNames.user(key) : undefined;
    case 'order': {
      const order = uuid.test(key) ? await findOrder(db, key) : undefined;
      return order && subjectNames.user(order.user_id);
    }
  }
}
