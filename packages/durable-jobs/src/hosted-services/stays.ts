import type { VersionState } from '../engine/deployments.ts';

/** The engine may send work to a version a moment before it reports the version as current or ramping. */
const GRACE_MS = 30_000;

/** Work without an end, such as a hosted service, on a worker of a version. */
export interface Stay {
  /** Aborts when the version gets no more jobs. */
  leaving: AbortSignal;
  /** Must be called when the work has ended. */
  end: () => void;
}

/**
 * The work without an end on this worker. It must leave when the worker's version is neither current nor ramping any more, also if that was so
 * only between two looks at the version.
 */
export class Stays {
  readonly #open = new Set<{ controller: AbortController; since: number; wasIn: boolean }>();
  readonly #graceMs: number;

  constructor(graceMs = GRACE_MS) {
    this.#graceMs = graceMs;
  }

  /** Begins work. */
  begin(): Stay {
    const stay = { controller: new AbortController(), since: performance.now(), wasIn: false };
    this.#open.add(stay);
    return { leaving: stay.controller.signal, end: () => void this.#open.delete(stay) };
  }

  /** Takes note of the state of the version. */
  note(state: VersionState | undefined): void {
    const isIn = state === 'current' || state === 'ramping';
    for (const stay of this.#open) {
      if (isIn) stay.wasIn = true;
      else if (stay.wasIn || performance.now() - stay.since >= this.#graceMs) {
        this.#open.delete(stay);
        stay.controller.abort();
      }
    }
  }
}
