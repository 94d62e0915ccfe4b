import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { StateChanges, StateRows } from './state-rows.ts';

/** What has happened since the last report. */
export interface ServiceProgress {
  /** Number of units of work in addition to those that `unit` ran, which counts its own. */
  processed?: number;
  /** Number of failed units in addition to those that `unit` ran. */
  failed?: number;
  /** Whether it is working, rather than waiting for work. */
  busy?: boolean;
  /** An error of the service itself or of a unit; it remains the last error until the next. */
  error?: unknown;
}

/** Minimum interval between writes of a busy service's row: people read it, and more writes cost more than they are worth. */
const WRITE_MS = 2_000;

/**
 * Maintains the rows of one run of a service. The first change is written at once, and changes within the next two seconds are written
 * together. While the database is unavailable, changes are kept and written later.
 */
export class ServiceState {
  readonly #rows: StateRows;
  readonly #logger: Logger;
  #changes: StateChanges = { processed: 0, failed: 0 };
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #writing = Promise.resolve();
  #writtenAt = -Infinity;
  #ended = false;

  constructor(rows: StateRows, logger: Logger) {
    this.#rows = rows;
    this.#logger = logger;
  }

  /** Records that this worker runs the service from now on. */
  async begin(worker: string): Promise<void> {
    await this.#rows.begin(worker);
  }

  /** Records a report. */
  report({ processed = 0, failed = 0, busy, error }: ServiceProgress): void {
    const turned = busy !== undefined && busy !== this.#busy;
    if (processed === 0 && failed === 0 && !turned && error === undefined) return;
    const now = new Date();
    this.#changes.processed += processed;
    this.#changes.failed += failed;
    if (busy !== undefined) this.#busy = busy;
    if (error !== undefined) this.#changes.error = { message: errorMessage(error), at: now };
    if (processed > 0 || failed > 0) this.#changes.activityAt = now;
    this.#schedule();
  }

  /** Writes the remaining changes, and that the service no longer runs here. Never rejects. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write({ ended: true });
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#ended) return;
    const wait = Math.max(0, this.#writtenAt + WRITE_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write({ ended: false });
    }, wait);
  }

  async #write({ ended }: { ended: boolean }): Promise<void> {
    const changes = this.#changes;
    this.#changes = { processed: 0, failed: 0 };
    this.#writtenAt = performance.now();
    try {
      await this.#rows.write(changes, { busy: this.#busy, ended });
    } catch (error) {
      this.#logger.debug({ err: error }, 'the state of the service could not be written');
      const newer = this.#changes;
      this.#changes = {
        ...changes,
        ...newer,
        processed: changes.processed + newer.processed,
        failed: changes.failed + newer.failed,
      };
      if (!ended) this.#schedule();
    }
  }
}
