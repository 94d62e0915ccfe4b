import { z } from 'zod';
import { createDurableJobs, defineJob, defineWorkflow, type DurableJobs } from 'durable-jobs';

const input = z.strictObject({ number: z.int() });
const result = z.strictObject({ steps: z.array(z.string()) });

/** One function, which says which release ran it. */
export const sign = defineJob({
  type: 'sign',
  input,
  key: ({ number }) => String(number),
  run: () => Promise.resolve({ steps: [process.env.WORKER_BUILD_ID ?? ''] }),
});

const workflow = {
  input,
  result,
  taskQueue: 'jobs',
  businessKey: ({ number }: { number: number }) => String(number),
  summary: ({ number }: { number: number }) => `Number ${number}`,
  startPolicy: 'once',
} as const;

/** A short job, whose workflow the second release changes in a way that is not compatible. */
export const ship = defineWorkflow({
  ...workflow,
  type: 'ship',
  description: 'Ships.',
  versioning: 'pinned',
});

/** A longer job, whose workflow the second release changes behind `patched()`: the first release does not know what the second has decided. */
export const track = defineWorkflow({
  ...workflow,
  type: 'track',
  description: 'Tracks.',
});

/** A job that waits until it is released. Both releases have the same workflow. */
export const hold = defineWorkflow({
  ...workflow,
  type: 'hold',
  description: 'Waits.',
});

/** A job that waits for each of its steps. The second release has one more, which the first does not know. */
export const check = defineWorkflow({
  ...workflow,
  type: 'check',
  description: 'Checks.',
});

/** The application of both releases. */
export function releasedApplication(): DurableJobs {
  return createDurableJobs({ jobs: [sign, ship, track, hold, check] });
}
