import { jobs } from '../../contracts/catalogue.ts';
import { kebabCase } from 'durable-jobs/define';
import type { Db } from '../database/schema.ts';
import { findOrder } from '../orders/orders.ts';

/** The person that a job works for, by the meaning of its business key: a user, an order of a user, or an account with password resets. */
export type JobSubject = 'user' | 'order' | 'account';

/** The meaning of the business key of each job that works for one person, by the job's part of the workflow id. */
export const jobSubjects: ReadonlyMap<string, JobSubject> = new Map(
  jobs.all.flatMap(({ type, subject }) =>
    subject === undefined ? [] : [[kebabCase(type), toSubject(subject)]],
  ),
);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns the names of a person's keys: as a user, and as an account with password resets, whether or not it exists. */
export const subjectNames = {
  user: (userId: string): string => `user:${userId}`,
  account: (accountKey: string): string => `account:${accountKey}`,
};

/** Returns the subject that a workflow belongs to, by its id; undefined if there is none or it is no longer known. */
export async function subjectOfJob(db: Db, workflowId: string): Promise<string | undefined> {
  const [prefix = '', key = ''] = workflowId.split(':');
  switch (jobSubjects.get(prefix)) {
    case undefined:
      return undefined;
    case 'account':
      return subjectNames.account(key);
    case 'user':
      return uuid.test(key) ? subjectNames.user(key) : undefined;
    case 'order': {
      const order = uuid.test(key) ? await findOrder(db, key) : undefined;
      return order && subjectNames.user(order.userId);
    }
  }
}

/** An unknown subject would leave a person's payloads encrypted with the service's own key. */
function toSubject(subject: string): JobSubject {
  if (subject !== 'user' && subject !== 'order' && subject !== 'account') {
    throw new Error(`the job subject ${subject} does not exist`);
  }
  return subject;
}
