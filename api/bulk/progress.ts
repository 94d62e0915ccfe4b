import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../../platform/database/connect.ts';
import type { Logger } from '../../platform/logger.ts';
import { findBulkJob, type BulkJob } from '../../platform/repositories/bulk-jobs.ts';
import { hasEnded } from './present.ts';

/** How often a job that is watched is looked at, however many watch it. */
const LOOK_MS = 500;

/** Lets any number of listeners follow bulk jobs, with one look at the database for all who follow the same one. */
export class BulkProgress {
  readonly #deps: { db: Db; logger: Logger };
  readonly #watched = new Map<string, { updates: EventEmitter; listeners: number }>();

  constructor(deps: { db: Db; logger: Logger }) {
    this.#deps = deps;
  }

  /** Calls `onUpdate` with the job as it is, whenever somebody looked, until the returned function is called. */
  follow(id: string, onUpdate: (job: BulkJob) => void): () => void {
    const watch = this.#watched.get(id) ?? { updates: new EventEmitter().setMaxListeners(0), listeners: 0 };
    watch.listeners++;
    watch.updates.on('job', onUpdate);
    if (!this.#watched.has(id)) {
      this.#watched.set(id, watch);
      void this.#look(id);
    }
    let following = true;
    return () => {
      if (!following) return;
      following = false;
      watch.updates.off('job', onUpdate);
      watch.listeners--;
    };
  }

  async #look(id: string): Promise<void> {
    const watch = this.#watched.get(id);
    while (watch && watch.listeners > 0) {
      try {
        const job = await findBulkJob(this.#deps.db, id);
        if (job) watch.updates.emit('job', job);
        if (job && hasEnded(job.status)) break;
      } catch (error) {
        this.#deps.logger.warn({ err: error, bulkJobId: id }, 'the progress of a bulk job could not be read');
      }
      await delay(LOOK_MS);
    }
    this.#watched.delete(id);
  }
}
