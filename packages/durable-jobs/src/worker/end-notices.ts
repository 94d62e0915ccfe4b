import type { Db } from '../database/connect.ts';
import { wakeAwaiting } from '../jobs/flow/wake.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The engine knows of a run's end a moment after the worker. Ends within this time share one notice. */
const GATHER_MS = 200;

/**
 * Notifies others that jobs have ended, so that jobs that wait for them start soon. A notice may be lost, with the process or the database:
 * jobs that wait are also checked periodically.
 */
export class EndNotices {
  readonly #db: Db;
  readonly #logger: Logger;
  #ended = new Set<string>();

  constructor({ db, logger }: { db: Db; logger: Logger }) {
    this.#db = db;
    this.#logger = logger;
  }

  /** Notes that a job has ended. */
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
