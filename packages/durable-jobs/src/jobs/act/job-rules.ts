import type { Db, Trx } from '../../database/connect.ts';
import type { OutboxEntry } from '../outbox/enqueue.ts';
import type { JobRun } from './job-run.ts';

/** The outcome of a terminated job's rows: a sentence for people, and the jobs that see to the rest. */
export interface Settlement {
  did: string;
  starts: OutboxEntry[];
}

/** The {@link JobRules} of each job type that has some. */
export type JobRulesByType = ReadonlyMap<string, JobRules>;

/** The rules of a type. */
export function rulesOf(rules: JobRulesByType, type: string): JobRules {
  return rules.get(type) ?? {};
}

/** A signal of a job's own that carries out an action, and what that does, in a sentence for people. */
export interface OwnSignal {
  signal: string;
  did: string;
}

/** What the business says of acting on jobs of one type. What is left out is allowed and needs nothing more. */
export interface JobRules {
  /** Before a cancellation is sent: refuses if the job would pay it no heed, or voids in our rows what must not happen any more. */
  beforeCancelling?: (db: Db, businessKey: string) => Promise<void>;
  /**
   * After {@link beforeCancelling}, where the job's start is still to be made: closes what the job would have closed, and keeps the start
   * if the job has to do the rest. Refuses if only the job can decide.
   */
  withdraw?: (trx: Trx, businessKey: string) => Promise<{ keepsStart: boolean; did: string }>;
  /** Why it is not terminated. */
  notTerminable?: string;
  /**
   * After a run was terminated, which had no chance to do so itself: closes what it left open, and starts what gives money
   * back. Repeating it changes nothing.
   */
  settle?: (trx: Trx, run: JobRun) => Promise<Settlement>;
  /**
   * Before a run that has ended without success is started again: makes its rows ready, and returns the new run's input. It
   * refuses before it writes anything.
   */
  beforeRetrying?: (trx: Trx, run: JobRun, input: unknown) => Promise<unknown>;
  /** Why it is not paused. */
  notPausable?: string;
  /** Set if it is paused and resumed as a whole, by signals of its own. */
  ownPause?: { pause: OwnSignal; resume: OwnSignal };
  /** What lets it continue at once while it waits for nothing but a time. */
  ownRetry?: OwnSignal;
  /** It waits for times, and takes `pauseJob`, `resumeJob` and `rescheduleJob` there. */
  waitsForTimes?: true;
}
