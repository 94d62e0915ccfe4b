import type { Db } from '../database/connect.ts';
import { wakeAwaiting } from '../jobs/flow/wake.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The engine hears of a run's end a moment after the worker does; ends of this long are told of together. */
const GATHER_MS = 200;

/**
 * Tells that jobs have ended, so that what waits for them starts soon. Notices may get lost, with the process or the database: whatever waits
 * is looked at anyway, later.
 */
export class EndNotices {
  readonly #db: Db;
  readonly #logger: Logger;
  #ended = new Set<string>();

  constructor({ db, logger }: { db: Db; logger: Logger }) {
    this.#db = db;
    this.#logger = logger;
  }

  /** A job has ended. */
  note(jobId: string): void {
    this.#ended.add(jobId);
    if (this.#ended.size > 1) return;
    setTimeout(() => void this.#tell(), GATHER_MS).unref();
  }

  async #tell(): Promise<void> {
    const ended = [...this.#ended];
    this.#ended = new Set();
    await wakeAwaiting(this.#db, ended).catch((error: unknown) => {
      this.#logger.debug(
        { err: error },
        'the ends of jobs could not be reported; the jobs that wait for them start later',
      );
    });
  }
}
