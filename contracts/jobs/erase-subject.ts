import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues, timerSummaries } from '../names.ts';

const input = z.strictObject({
  userId: z.uuid(),
  /** Keyed hash of the address that the person had, under which password resets ran. */
  accountKey: z.string().regex(/^[0-9a-f]{32}$/),
});

/** Who is erased. */
export type EraseSubjectInput = z.infer<typeof input>;

/** The result of an erasure. */
export interface EraseSubjectResult {
  /** Keys by which the payloads of the person's jobs could be read; none if nothing was encrypted. */
  destroyedKeys: number;
}

/**
 * Ends a person's jobs, and then destroys the person's keys and remaining data. Their row is already empty when it starts. The job itself
 * has no subject, because it must be readable to the end.
 */
export const eraseSubject = defineWorkflow({
  type: 'eraseSubject',
  description: "Ends a person's jobs, then destroys the person's keys and the stored data of those jobs.",
  input,
  taskQueue: taskQueues.jobs,
  businessKey: ({ userId }) => userId,
  summary: ({ userId }) => `Erasure of user ${userId}`,
  startPolicy: 'in-turn',
  delayingTimers: [timerSummaries.subjectJobs],
});
