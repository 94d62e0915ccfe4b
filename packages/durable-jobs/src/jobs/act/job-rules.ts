import type { Db, Trx } from '../../database/connect.ts';
import type { OutboxEntry } from '../outbox/enqueue.ts';
import type { JobRun } from './job-run.ts';

/** What was done to a terminated job's rows: a sentence for people, and the jobs that do the rest. */
export interface Settlement {
  did: string;
  starts: OutboxEntry[];
}

/** The {@link JobRules} by job type; types without rules are absent. */
export type JobRulesByType = ReadonlyMap<string, JobRules>;

/** Returns the rules of a type. */
export function rulesOf(rules: JobRulesByType, type: string): JobRules {
  return rules.get(type) ?? {};
}

/** A signal of the job that carries out an action, and its effect in a sentence for people. */
export interface OwnSignal {
  signal: string;
  did: string;
}

/**
 * Business rules for actions on jobs of one type. By default, every action is allowed and has no additional effect.
 *
 * A dry run calls {@link beforeCancelling}, {@link withdraw} and {@link beforeRetrying} in a transaction that is rolled back. They therefore
 * use only the database that they are given, in which nested transactions are savepoints, and call no other service: what they do elsewhere
 * would be done by a dry run too. They may also be called again for an action whose outcome was lost, and recognise what they have already
 * done.
 */
export interface JobRules {
  /** Called before a cancellation is sent: refuses if the job would ignore it, or voids in our rows what must no longer happen. */
  beforeCancelling?: (db: Db, businessKey: string) => Promise<void>;
  /**
   * Called after {@link beforeCancelling} if the job's start has not been made: closes what the job would have closed, and keeps the start
   * if the job must do the rest. Refuses if only the job can decide.
   */
  withdraw?: (trx: Trx, businessKey: string) => Promise<{ keepsStart: boolean; did: string }>;
  /** Why it must not be terminated. */
  notTerminable?: string;
  /**
   * Called after a run was terminated, which could not clean up: closes what it left open, and starts the jobs that undo its effects. Repeats
   * have no effect.
   */
  settle?: (trx: Trx, run: JobRun) => Promise<Settlement>;
  /**
   * Called before a run that ended without success is retried: prepares its rows, and returns the new run's input. It refuses before it
   * writes anything.
   */
  beforeRetrying?: (trx: Trx, run: JobRun, input: unknown) => Promise<unknown>;
  /** Why it must not be paused. */
  notPausable?: string;
  /** Set if it is paused and resumed as a whole with its own signals. */
  ownPause?: { pause: OwnSignal; resume: OwnSignal };
  /** Signal that ends its wait for a time. */
  ownRetry?: OwnSignal;
  /** Whether it waits for times and handles `pauseJob`, `resumeJob` and `rescheduleJob` while it does. */
  waitsForTimes?: true;
}
