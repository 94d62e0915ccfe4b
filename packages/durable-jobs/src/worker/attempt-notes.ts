import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import type { Logger } from '../telemetry/logger.ts';
import { withinTime } from '../process/within-time.ts';

/** How long an attempt waits for its note. Usually the database takes milliseconds; if it is unavailable, it must not delay the job. */
const LONGEST_WAIT_MS = 250;
/** Wait between attempts while the database is unavailable. */
const RETRY_MS = 1_000;
/** Maximum number of notes that are kept meanwhile, each less than a kilobyte; beyond it, the oldest are dropped. */
const MOST_KEPT = 10_000;

interface Note {
  write: () => Promise<void>;
  written: () => void;
}

/**
 * Records the outcomes of attempts, in order and concurrently with the attempts. Notes that the database cannot accept are kept until it
 * can. A missing note is not worth failing a job, or delaying a stopping worker.
 */
export class AttemptNotes {
  readonly #logger: Logger;
  readonly #stopping: AbortSignal;
  readonly #kept: Note[] = [];
  #isWriting = false;

  constructor({ logger, stopping }: { logger: Logger; stopping: AbortSignal }) {
    this.#logger = logger;
    this.#stopping = stopping;
  }

  /** Adds a note. Resolves when it is written, or after a moment if that takes longer. Never rejects. */
  async add(write: () => Promise<void>): Promise<void> {
    const written = new Promise<void>((resolve) => this.#kept.push({ write, written: resolve }));
    if (this.#kept.length > MOST_KEPT) this.#kept.shift()?.written();
    if (!this.#isWriting) void this.#writeAll();
    await withinTime(
      LONGEST_WAIT_MS,
      () => written,
      () => new Error('the outcome has not been recorded yet'),
    ).catch(() => undefined);
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (let note = this.#kept[0]; note; note = this.#kept[0]) {
      try {
        await note.write();
      } catch (error) {
        if (isDatabaseUnavailable(error) && !this.#stopping.aborted) {
          await delay(RETRY_MS, undefined, { signal: this.#stopping, ref: false }).catch(() => undefined);
          continue;
        }
        this.#logger.warn({ err: error }, 'the outcome of an attempt could not be recorded');
      }
      note.written();
      // It may have been dropped meanwhile.
      if (this.#kept[0] === note) this.#kept.shift();
    }
    this.#isWriting = false;
  }
}
