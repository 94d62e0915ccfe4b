import { z } from 'zod';
import { libraryQueues } from '../../engine/declared-queues.ts';
import { durationMs, timeLimit } from '../../values/duration.ts';
import { prioritySchema, type Fairness } from '../../values/priority.ts';
import { checkOptions, nameOfDeclaration, optionOf } from '../../values/check-options.ts';
import type { JobDefinition, StartPolicy } from '../job-definition.ts';
import { debounceOption, type Debounce } from '../debounce/declared.ts';
import { limitOptions, type Concurrency, type Throttle } from '../limits/declared.ts';
import { inWords } from '../kebab-case.ts';
import type { RunContext, RunnableJob } from './activities.ts';
import { versioningOption, type Versioning } from '../versioning.ts';
import { endsWithin, retryPlan, type RetryDeclaration } from './retry.ts';

/** The declaration of a job that is one function. */
export interface JobDeclaration<
  Type extends string,
  Input extends object,
  Result,
  Given extends object = object,
> {
  /** Job type, a camelCase verb. It is the workflow type, so renaming a released one is a breaking change. */
  type: Type;
  /** Schema of the input. Use ids only: inputs are stored in histories, which must not contain personal data. */
  input: z.ZodType<Input, Given>;
  /** Returns the key that makes two starts the same job. It becomes part of the job's id, so it must not contain personal data. */
  key: (input: Input) => string;
  /** One sentence that describes it; the type in words, by default. */
  description?: string;
  /** One line for the Web UI; the type in words and the key, by default. */
  summary?: (input: Input) => string;
  /** Retry policy; ten attempts within about an hour, by default. */
  retry?: RetryDeclaration;
  /** Time limit of one attempt, such as `30s`; five minutes, by default. */
  timeout?: string;
  /** The queue whose workers run the function; `jobs`, by default. */
  taskQueue?: string;
  /** The priority of its starts, from 1, which comes first, to 5; 3 by default. A start may give another. */
  priority?: number;
  /** Returns the key with which a start takes turns with others, such as a tenant's id. It must not be personal data. */
  fairness?: (input: Input) => Fairness | undefined;
  /** How many of its runs may be open at the same time, by key: `{ limit: 3, key: ({ tenantId }) => tenantId }`. */
  concurrency?: Concurrency<Input>;
  /** How many of its starts are made in a period, by key: `{ limit: 10, period: '1s' }`. */
  throttle?: Throttle<Input>;
  /** How long a start waits for later ones of its key, of which the newest is made in place of all: `{ period: '5m', maxWait: '1h' }`. */
  debounce?: Debounce<Input>;
  /** What a start does while an earlier one with the same key is open; by default it waits for its turn. */
  startPolicy?: Extract<StartPolicy, 'once' | 'in-turn'>;
  /**
   * Whether a run of a versioned worker stays on the version that it started with (`pinned`), or moves to the current one (`auto-upgrade`). By
   * default it is pinned if all of its attempts together end within a day.
   */
  versioning?: Versioning;
  /** Does the work. Repeats must be safe: use the effect key for effects that must happen once. */
  run: (input: Input, context: RunContext) => Promise<Result>;
}

/** A job that is one function, with the properties of every job definition and those that a worker needs. */
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

/** A version cannot be retired before its last pinned run has ended. */
const DAY_MS = 86_400_000;

/**
 * Defines a job that is one function: its schema, key, retry policy and function, in one file.
 * @throws {TypeError} that names each option that is unknown, missing or not valid; {ZodError} if the retry policy is not valid.
 */
export function defineJob<const Type extends string, Input extends object, Given extends object, Result>(
  declared: JobDeclaration<Type, Input, Result, Given>,
): FunctionJob<Type, Input, Given, Result> {
  checkOptions(nameOfDeclaration('defineJob', declared, 'type'), declared, {
    type: optionOf.name,
    input: optionOf.schema,
    key: optionOf.function,
    description: optionOf.text.optional(),
    summary: optionOf.function.optional(),
    retry: optionOf.object.optional(),
    timeout: timeLimit.optional(),
    taskQueue: optionOf.name.optional(),
    startPolicy: z.enum(['once', 'in-turn'], { error: 'must be once or in-turn' }).optional(),
    priority: prioritySchema.optional(),
    fairness: optionOf.function.optional(),
    ...limitOptions,
    versioning: versioningOption.optional(),
    debounce: debounceOption,
    run: optionOf.function,
  });
  const words = titleOf(declared.type);
  const { type, input, key, run, priority, fairness, concurrency, throttle, debounce } = declared;
  const retry = retryPlan(declared.retry ?? DEFAULT_RETRY);
  const timeoutMs = declared.timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs.parse(declared.timeout);
  return {
    type,
    input,
    description: declared.description ?? `${words}.`,
    taskQueue: libraryQueues.jobs,
    businessKey: key,
    summary: declared.summary ?? ((given) => `${words} ${key(given)}`),
    startPolicy: declared.startPolicy ?? 'in-turn',
    schedulable: true,
    versioning: declared.versioning ?? (endsWithin(retry, timeoutMs, DAY_MS) ? 'pinned' : 'auto-upgrade'),
    ...(priority !== undefined && { priority }),
    ...(fairness && { fairness }),
    ...(concurrency && { concurrency }),
    ...(throttle && { throttle }),
    ...(debounce && { debounce }),
    policy: {
      taskQueue: declared.taskQueue ?? libraryQueues.jobs,
      timeoutMs,
      retry,
    },
    run,
  };
}

/** Whether a job was defined with `defineJob`. */
export function isFunctionJob(job: JobDefinition): job is FunctionJob {
  return 'run' in job && 'policy' in job;
}

/** `sendInvoiceReminder` → `Send invoice reminder`. */
function titleOf(type: string): string {
  const words = inWords(type);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
