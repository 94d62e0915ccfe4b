import { z } from 'zod';
import { errorMessage } from '../process/errors.ts';
import { checkOptions, nameOfDeclaration, optionOf } from '../values/check-options.ts';
import { prioritySchema, type Fairness } from '../values/priority.ts';
import { shortened } from '../values/shortened.ts';
import { idOfKey, JobKeyError } from './job-key.ts';
import { inWords } from './kebab-case.ts';
import { debounceOption, type Debounce } from './debounce/declared.ts';
import { limitOptions, type Concurrency, type Throttle } from './limits/declared.ts';
import { versioningOption, type Versioning } from './versioning.ts';
import type { ExplainedWait } from './waits.ts';

/** A signal that is sent together with the start, so that a start which finds the job running still reaches it. */
export interface StartSignal {
  name: string;
  argument: unknown;
}

/**
 * What a start does if the job's id is taken. No policy lets a start pass for made that was not.
 *
 * - `once`: one run ever. A start that meets a run, open or closed, is not made, and recorded as such.
 * - `in-turn`: one run at a time. A start that meets an open run is made after that run has ended, because the run may already have read
 * the data that the start is about.
 * - `signal`: a start that meets an open run is delivered to it through {@link JobDefinition.startSignal}.
 * - `keep-running`: the job never ends; a start that finds it running has nothing to do.
 */
export type StartPolicy = (typeof startPolicies)[number];

const startPolicies = ['once', 'in-turn', 'signal', 'keep-running'] as const;

/**
 * The definition of a job type; an application's registry has one for each type. The functions are declared as methods so that definitions
 * with different inputs fit in one list: they only receive inputs that the definition's own schema has validated.
 */
export interface JobDefinition<
  Type extends string = string,
  Input extends object = object,
  Given extends object = object,
  Result = unknown,
> {
  /** Workflow type: a camelCase verb. Renaming a released one is a breaking change. */
  type: Type;
  /** One sentence that lists, help and documentation show. */
  description: string;
  /**
   * Schema of the input. Callers pass what it accepts, and the job receives what it returns: a field with a default is optional only for
   * callers. Use ids only: inputs are stored in histories, which must not contain personal data.
   */
  input: z.ZodType<Input, Given>;
  /** Schema of the result, which types and validates what callers read; absent if nobody reads it. */
  result?: z.ZodType<Result>;
  /** The task queue of its workflow. */
  taskQueue: string;
  /**
   * Set if the job belongs to one person: the kind of thing that its business key identifies, such as `user`. Its payloads are encrypted
   * with that person's key.
   */
  subject?: string;
  /** Returns the key that makes two starts the same job. It is part of the workflow id, so it must not contain personal data. */
  businessKey(input: Input): string;
  /** One static line for the Web UI. */
  summary(input: Input): string;
  /** The priority of its starts, from 1, which comes first, to 5; 3 by default. A start may give another. */
  priority?: number;
  /** Returns the key with which a start takes turns with others, such as a tenant's id, and its weight. A start may give another. */
  fairness?(input: Input): Fairness | undefined;
  /** How many of its runs may be open at the same time, by key. A start beyond that waits. */
  concurrency?: Concurrency<Input>;
  /** How many of its starts are made in a period, by key. A start beyond that waits. */
  throttle?: Throttle<Input>;
  /** How long a start waits for later ones of its key, of which the newest is made in place of all. */
  debounce?: Debounce<Input>;
  /** What a start does if the id is taken. A start with a caller's own key always behaves as `once`. */
  startPolicy: StartPolicy;
  /** For the policy `signal`: returns the signal that is delivered to an open run, or sent with the start of a new one. */
  startSignal?(input: Input): StartSignal;
  /** Summaries of its durable timers that delay planned work, as opposed to bounding a wait for someone. */
  delayingTimers?: readonly string[];
  /** Its waits for someone that are bounded by a durable timer, by the timer's summary. */
  waits?: Readonly<Record<string, ExplainedWait>>;
  /** Set if it only enqueues starts, and the definition that the application passes to its processes checks their inputs again. */
  isCheckedLater?: true;
  /**
   * Whether a run of a versioned worker stays on the version that it started with (`pinned`), or moves to the current version with its next
   * step (`auto-upgrade`, the default): then a change to its workflow must be behind `patched()`.
   */
  versioning?: Versioning;
  /** Set if people may start the job: once with `POST /api/jobs`, or repeatedly with a schedule. */
  schedulable?: true;
}

/** The input that callers pass: what the schema accepts. */
export type InputOf<Job extends JobDefinition> = z.input<Job['input']>;

/** The result of a job, as far as its function or the schema of its result specifies it. */
export type ResultOf<Job extends JobDefinition> = Job extends {
  run(input: never, context: never): Promise<infer Result>;
}
  ? Result
  : Job extends { result?: z.ZodType<infer Result> }
    ? Result
    : unknown;

/**
 * Defines a job that is a workflow, usually with several steps.
 * @throws {TypeError} that names each option that is unknown, missing or not valid.
 */
export function defineWorkflow<
  Type extends string,
  Input extends object,
  Given extends object,
  Result = unknown,
>(definition: JobDefinition<Type, Input, Given, Result>): JobDefinition<Type, Input, Given, Result> {
  const what = nameOfDeclaration('defineWorkflow', definition, 'type');
  checkOptions(what, definition, {
    type: optionOf.name,
    description: optionOf.text,
    input: optionOf.schema,
    result: optionOf.schema.optional(),
    taskQueue: optionOf.name,
    subject: optionOf.name.optional(),
    businessKey: optionOf.function,
    summary: optionOf.function,
    startPolicy: z.enum(startPolicies, { error: `must be one of ${startPolicies.join(', ')}` }),
    startSignal: optionOf.function.optional(),
    delayingTimers: optionOf.list.optional(),
    waits: optionOf.object.optional(),
    schedulable: optionOf.flag.optional(),
    priority: prioritySchema.optional(),
    fairness: optionOf.function.optional(),
    ...limitOptions,
    debounce: debounceOption,
    isCheckedLater: optionOf.flag.optional(),
    versioning: versioningOption.optional(),
  });
  if (definition.startPolicy === 'signal' && !definition.startSignal)
    throw new TypeError(`${what}: the startPolicy signal needs a startSignal.`);
  const isStarted = definition.startPolicy === 'once' || definition.startPolicy === 'in-turn';
  if ((definition.concurrency ?? definition.throttle) && !isStarted)
    throw new TypeError(`${what}: concurrency and throttle require the startPolicy once or in-turn.`);
  if (definition.debounce && !isStarted)
    throw new TypeError(`${what}: debounce requires the startPolicy once or in-turn.`);
  return definition;
}

/**
 * Returns the workflow id of a job, which is also its id over REST: `<type in kebab-case>:<business key>`. A caller's own key, if there is
 * one, replaces the business key.
 * @throws {JobKeyError} if the key is not valid.
 */
export function jobId<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  dedupeKey?: string | null,
): string {
  if (dedupeKey !== undefined && dedupeKey !== null) return idOfKey(job.type, dedupeKey, 'dedupeKey');
  return idOfKey(job.type, keyOf(job, input));
}

/** Maximum length of a summary in bytes: the engine refuses a start whose summary, encrypted if need be, is longer than 400. */
const MAX_SUMMARY_BYTES = 200;

/** Returns the line about a job for the Web UI, shortened if it is too long; the type in words if the definition's function throws. */
export function summaryOf<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
): string {
  try {
    return shortened(job.summary(input), MAX_SUMMARY_BYTES);
  } catch {
    return inWords(job.type);
  }
}

/**
 * Returns the key that a job derives from its input.
 * @throws {JobKeyError} if the definition's function throws.
 */
export function keyOf<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
): string {
  try {
    return job.businessKey(input);
  } catch (cause) {
    throw new JobKeyError(job.type, 'key', `cannot be derived from the input: ${errorMessage(cause)}`, {
      cause,
    });
  }
}
