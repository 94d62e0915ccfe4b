import type { AttemptError } from '../run-state/history.ts';
import type { JobView } from '../job-view.ts';
import type { DebouncedWait } from '../debounce/merged.ts';
import type { LimitedWait } from '../limits/waiting-at.ts';
import type { WhyAction } from '../waits.ts';

/**
 * Why a job is in its state, in one word for programs. A released one is never renamed. The waits of an application's jobs have codes of
 * their own, see {@link ExplainedWait}.
 */
export const whyCodes = [
  'starting',
  'start_dead',
  'start_expired',
  'start_skipped',
  'start_replaced',
  'waiting_for_job',
  'waiting_for_group',
  'waiting_for_slot',
  'waiting_for_throttle',
  'waiting_for_earlier_start',
  'waiting_for_quiet',
  'engine_away',
  'scheduled',
  'running',
  'queued',
  'no_worker',
  'retrying',
  'worker_lost',
  'attempt_timed_out',
  'waiting_for_time',
  'waiting_for_child',
  'waiting_for_message',
  'paused',
  'cancelling',
  'cancelling_activity',
  'code_does_not_replay',
  'code_fails',
  'completed',
  'failed',
  'timed_out',
  'cancelled',
  'terminated',
] as const;

/** Why a job is in its state: a code for programs, a sentence for people, and the facts behind both. */
export interface Why {
  /** One of {@link whyCodes}, or the code of an {@link ExplainedWait}. */
  code: string;
  sentence: string;
  /** When this began. */
  since?: string | undefined;
  /** The activity concerned, its attempt, and the number of attempts; `of` is absent if it is unlimited. */
  activity?: string | undefined;
  attempt?: number | undefined;
  of?: number | undefined;
  error?: AttemptError | undefined;
  /** When it continues automatically. */
  nextAt?: string | undefined;
  /** Until when it waits. */
  until?: string | undefined;
  queue?: string | undefined;
  /** While it waits for its turn: its priority, from 1 to 5, and the key with which it takes turns, unless they are the default. */
  priority?: number | undefined;
  fairness?: JobView['fairness'] | undefined;
  /** The worker that has it, or had it last. */
  worker?: string | undefined;
  /** Who did it, as an identity that the engine stores, and the reason. */
  by?: string | undefined;
  reason?: string | undefined;
  /** The limit of its job at which it waits, see {@link LimitedWait}. */
  limit?: Pick<LimitedWait, 'kind' | 'key' | 'held'> | undefined;
  /** The key that is to be quiet before it starts, and how many earlier starts it has replaced. */
  debounce?: Pick<DebouncedWait, 'key' | 'replaced'> | undefined;
  /** The job that it waits for, or that runs in its place. */
  child?: string | undefined;
  /** What the job last reported of its progress. */
  progress?: unknown;
  /** What the workflow returned as its `outcome`. */
  outcome?: string | undefined;
  actions: WhyAction[];
}
