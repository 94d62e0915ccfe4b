import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { exampleIds } from '../example-ids.ts';
import { taskQueues } from '../names.ts';

const input = z.strictObject({ userId: z.uuid() }).meta({ examples: [{ userId: exampleIds.user }] });

/** Who registered. */
export type SendWelcomeEmailInput = z.infer<typeof input>;

/** The row in `emails`. */
export interface SendWelcomeEmailResult {
  /** Our row in `emails`. */
  emailId: string;
}

/** Welcomes a user once: one email per user, however often it is started. */
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
