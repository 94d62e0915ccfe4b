import { z } from 'zod';
import {
  createDurableJobs,
  defineBulkTask,
  defineJob,
  defineSchedule,
  defineWorkflow,
  defineWorkItem,
  PermanentError,
  type DurableJobs,
  type DurableJobsOptions,
} from 'durable-jobs';

/** Writes a greeting, once for each start. */
export const greet = defineJob({
  type: 'greet',
  input: z.strictObject({ name: z.string(), word: z.string().default('Hello') }),
  key: ({ name }) => name,
  async run({ name, word }, { db, effectKey }) {
    const text = `${word}, ${name}!`;
    await db.query('INSERT INTO greetings (effect_key, text) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      effectKey,
      text,
    ]);
    return { text };
  },
});

/** Fails permanently. */
export const decline = defineJob({
  type: 'decline',
  input: z.strictObject({ id: z.string() }),
  key: ({ id }) => id,
  run: () => Promise.reject(new PermanentError('The card was declined.', { code: 'CardDeclined' })),
});

/** Waits until it is cancelled. */
export const waitAround = defineJob({
  type: 'waitAround',
  input: z.strictObject({ id: z.string() }),
  key: ({ id }) => id,
  run: (_input, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
});

/** Counts the letters of words, one step for each word. */
export const countLetters = defineWorkflow({
  type: 'countLetters',
  description: 'Counts the letters of words.',
  input: z.strictObject({ words: z.array(z.string()) }),
  result: z.strictObject({ letters: z.int() }),
  taskQueue: 'jobs',
  businessKey: ({ words }) => words.join('-'),
  summary: ({ words }) => `Count the letters of ${words.length} words`,
  startPolicy: 'in-turn',
  schedulable: true,
});

const stamp = defineWorkItem({
  kind: 'stamp',
  description: 'Stamps a letter.',
  payload: z.strictObject({ letter: z.string() }),
  policy: {
    maximumAttempts: 3,
    initialIntervalMs: 1_000,
    backoffCoefficient: 2,
    maximumIntervalMs: 10_000,
    timeoutMs: 10_000,
  },
  apply: (_trx, { letter }) => Promise.resolve({ stamped: letter }),
});

const stampAll = defineBulkTask({
  name: 'stamp-all',
  description: 'Stamps letters.',
  item: z.strictObject({ letter: z.string() }),
  perform: () => Promise.resolve(undefined),
});

/** The durable jobs of a small application, for its processes and the tests. */
export function smallApplication(options: DurableJobsOptions = {}): DurableJobs {
  return createDurableJobs({
    jobs: [greet, decline, waitAround, countLetters],
    workItems: [stamp],
    bulkTasks: [stampAll],
    schedules: (timeZone) => [
      defineSchedule({
        id: 'greet-at-noon',
        job: greet,
        input: { name: 'noon' },
        cron: '0 12 * * *',
        timeZone,
      }),
    ],
    ...options,
  });
}
