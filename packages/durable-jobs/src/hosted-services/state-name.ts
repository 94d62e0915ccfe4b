import type { HostedServiceRow } from './rows.ts';

/**
 * State of a service. `running`: a worker holds its lock, which the database releases if the worker is gone, or runs a share of it.
 * `paused`: an operator paused it. `waiting_for_worker`: it should run, and no worker runs it or has reported so yet.
 */
export type ServiceStateName = 'running' | 'paused' | 'waiting_for_worker';

/** What the state of a service follows from. */
export interface StateSources {
  onEveryWorker: boolean;
  row: Pick<HostedServiceRow, 'running' | 'pausedAt'>;
  /** Number of its running shares. */
  shares: number;
  /** Whether its workflow has paused it; undefined if the engine does not say. */
  paused: boolean | undefined;
}

/** Returns the state of a service. The lock of one that runs on every worker only says that a worker reports about it. */
export function stateOf({ onEveryWorker, row, shares, paused }: StateSources): ServiceStateName {
  if (shares > 0 || (!onEveryWorker && row.running)) return 'running';
  // Shares obey the row, whatever the workflow says.
  const isPaused = (onEveryWorker ? undefined : paused) ?? row.pausedAt !== null;
  return isPaused ? 'paused' : 'waiting_for_worker';
}
