import type { z } from 'zod';
import type { ExplainedWait } from './waits.ts';

/** A signal that is sent together with the start, so that a start which finds the job running still reaches it. */
export interface StartSignal {
  name: string;
  argument: unknown;
}

/**
 * What a start does if the job's id is taken. No policy lets a start pass for made that was not.
 *
 * - `once`: one run ever. A start that meets a run, open or closed, is not made, and recorded so.
 * - `in-turn`: one run at a time. A start that meets an open run is made after it has ended, as that run may have looked
 * already at what the start is about.
 * - `signal`: a start that meets an open run reaches it by {@link JobDefinition.startSignal}.
 * - `keep-running`: the job never ends; a start that finds it running has nothing to do.
 */
export type StartPolicy = 'once' | 'in-turn' | 'signal' | 'keep-running';

/**
 * What is known of a job type; an application's registry has one for each. The functions are methods, so that definitions of
 * every input fit in one list: only an input that the definition's own schema has checked is passed to them.
 */
export interface JobDefinition<
  Type extends string = string,
  Input extends object = object,
  Given extends object = object,
  Result = unknown,
> {
  /** Workflow type: a camelCase verb. Renaming a released one is a breaking change. */
  type: Type;
  /** One sentence for people: lists, help and documentation show it. */
  description: string;
  /**
   * Schema of the input. Callers pass what it accepts, and the job gets what it returns: a field with a default is optional for
   * callers alone. Ids only: inputs are stored in histories, where personal data must not be.
   */
  input: z.ZodType<Input, Given>;
  /** Schema of the result. Types and checks what callers read; absent if nobody reads it. */
  result?: z.ZodType<Result>;
  /** Where its workflow runs. */
  taskQueue: string;
  /**
   * Set if the job works for one person: what its business key is the key of, such as `user`. Its payloads are encrypted with that person's
   * own key.
   */
  subject?: string;
  /** What makes two starts the same job. It follows the colon in the workflow id, so it never holds personal data. */
  businessKey(input: Input): string;
  /** One static line for the Web UI. */
  summary(input: Input): string;
  /** What a start does if the id is taken. A start with a caller's own key happens `once`, whatever the type. */
  startPolicy: StartPolicy;
  /** Of a job whose policy is `signal`: what reaches an open run, and comes with the start of a new one. */
  startSignal?(input: Input): StartSignal;
  /** Summaries of its durable timers whose firing is the planned time of its work, rather than the end of a wait for someone. */
  delayingTimers?: readonly string[];
  /** Its waits for someone that a durable timer bounds, by the timer's summary. */
  waits?: Readonly<Record<string, ExplainedWait>>;
  /** Set if people may start the job themselves: once over `POST /api/jobs`, or repeatedly by a schedule. */
  schedulable?: true;
}

/** What callers pass to start a job: what its schema accepts. */
export type InputOf<Job extends JobDefinition> = z.input<Job['input']>;

/** What a run of a job returns, as far as its definition says so: by its function, or by the schema of its result. */
export type ResultOf<Job extends JobDefinition> = Job extends {
  run(input: never, context: never): Promise<infer Result>;
}
  ? Result
  : Job extends { result?: z.ZodType<infer Result> }
    ? Result
    : unknown;

/** Lets a definition's types be inferred from what it holds. */
export function defineWorkflow<
  Type extends string,
  Input extends object,
  Given extends object,
  Result = unknown,
>(definition: JobDefinition<Type, Input, Given, Result>): JobDefinition<Type, Input, Given, Result> {
  return definition;
}

/** `sendInvoiceReminder` → `send-invoice-reminder`. */
export function kebabCase(type: string): string {
  return type.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * The workflow id of a job, which is the job's id over REST too: `<type in kebab-case>:<business key>`. A caller's own key, if there is
 * one, replaces the business key.
 */
export function jobId<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  dedupeKey?: string | null,
): string {
  return `${kebabCase(job.type)}:${dedupeKey ?? job.businessKey(input)}`;
}
