import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { exampleIds } from '../example-ids.ts';
import { taskQueues } from '../names.ts';

const input = z.strictObject({ userId: z.uuid() }).meta({ examples: [{ userId: exampleIds.user }] });

/** The new user. */
export type SendWelcomeEmailInput = z.infer<typeof input>;

/** Id of the row in `emails`. */
export interface SendWelcomeEmailResult {
  /** Id of the row in `emails`. */
  emailId: string;
}

/** Welcomes a user once: one email per user, however often the job is started. */
export const sendWelcomeEmail = defineWorkflow({
  type: 'sendWelcomeEmail',
  description: 'Sends the welcome email to a newly registered user.',
  input,
  taskQueue: taskQueues.jobs,
  subject: 'user',
  businessKey: ({ userId }) => userId,
  summary: ({ userId }) => `Welcome email to user ${userId}`,
  startPolicy: 'once',
});
