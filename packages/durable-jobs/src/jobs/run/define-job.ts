import type { z } from 'zod';
import { libraryQueues } from '../../engine/declared-queues.ts';
import { durationMs } from '../../values/duration.ts';
import type { JobDefinition, StartPolicy } from '../job-definition.ts';
import type { RunContext, RunnableJob } from './activities.ts';
import { retryPlan, type RetryDeclaration } from './retry.ts';

/** A job that is one function, as its file declares it. */
export interface JobDeclaration<
  Type extends string,
  Input extends object,
  Result,
  Given extends object = object,
> {
  /** A camelCase verb. It is the workflow type, so renaming a released one is a breaking change. */
  type: Type;
  /** Ids only: inputs are stored in histories, where personal data must not be. */
  input: z.ZodType<Input, Given>;
  /** What makes two starts the same job. It becomes part of the job's id, so it never holds personal data. */
  key: (input: Input) => string;
  /** One sentence for people; the type in words, by default. */
  description?: string;
  /** One line for the Web UI; the type in words and the key, by default. */
  summary?: (input: Input) => string;
  /** How often it is tried: ten times within about an hour, unless it is given. */
  retry?: RetryDeclaration;
  /** For one attempt, such as `30s`; five minutes, by default. */
  timeout?: string;
  /** The queue whose workers run the function; `jobs`, by default. */
  taskQueue?: string;
  /** What a start does while an earlier one with the same key is open: it waits for its turn, unless it is given. */
  startPolicy?: Extract<StartPolicy, 'once' | 'in-turn'>;
  /** Does the work. A repeat must be safe: use the effect key for what must happen once. */
  run: (input: Input, context: RunContext) => Promise<Result>;
}

/** A job that is one function: what any job's definition says, and what a worker runs. */
export type FunctionJob<
  Type extends string = string,
  Input extends object = object,
  Given extends object = object,
  Result = unknown,
> = JobDefinition<Type, Input, Given> &
  Omit<RunnableJob, 'run'> & {
    run(input: Input, context: RunContext): Promise<Result>;
  };

const DEFAULT_RETRY: RetryDeclaration = {
  initialInterval: '10s',
  backoffCoefficient: 2,
  maximumInterval: '10m',
  maximumAttempts: 10,
};

const DEFAULT_TIMEOUT_MS = 300_000;

/**
 * Defines a job that is one function: its schema, its key, how often it is tried, and what it does, in one file.
 * @throws if the retry policy or the time-out makes no sense.
 */
export function defineJob<const Type extends string, Input extends object, Given extends object, Result>(
  declared: JobDeclaration<Type, Input, Result, Given>,
): FunctionJob<Type, Input, Given, Result> {
  const words = inWords(declared.type);
  const { type, input, key, run } = declared;
  return {
    type,
    input,
    description: declared.description ?? `${words}.`,
    taskQueue: libraryQueues.jobs,
    businessKey: key,
    summary: declared.summary ?? ((given) => `${words} ${key(given)}`),
    startPolicy: declared.startPolicy ?? 'in-turn',
    schedulable: true,
    policy: {
      taskQueue: declared.taskQueue ?? libraryQueues.jobs,
      timeoutMs: declared.timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs.parse(declared.timeout),
      retry: retryPlan(declared.retry ?? DEFAULT_RETRY),
    },
    run,
  };
}

/** Whether a job is one function, rather than a workflow of its own. */
export function isFunctionJob(job: JobDefinition): job is FunctionJob {
  return 'run' in job && 'policy' in job;
}

/** `sendInvoiceReminder` → `Send invoice reminder`. */
function inWords(type: string): string {
  const words = type.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
