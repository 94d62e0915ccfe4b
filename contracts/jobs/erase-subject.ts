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

/** What an erasure came to. */
export interface EraseSubjectResult {
  /** Keys by which the payloads of the person's jobs could be read; none if nothing was encrypted. */
  destroyedKeys: number;
}

/**
 * Ends what runs for a person, and then destroys the person's keys and what is left of them. Their row has nothing of theirs
 * any more when it starts. It has no subject itself: it must be readable to the end.
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
