import { randomUUID } from 'node:crypto';
import type { Db, Trx } from '../database/connect.ts';
import { insertBulkItems } from './rows.ts';
import {
  abandonUpload,
  addUploadedItems,
  beginUpload,
  deleteAbandonedItems,
  deleteAbandonedUploads,
  finishUpload,
  renewUpload,
  UploadLostError,
} from './upload-rows.ts';

/** Rows per insert: enough to make the database the bottleneck, and few enough to hold in memory. */
const ROWS_PER_INSERT = 1_000;

/** Rows per delete, which takes some tens of milliseconds. */
const ROWS_PER_DELETE = 10_000;

/**
 * Stores the items of one upload. Each full batch is committed separately and stays invisible, so that no transaction waits for the client;
 * {@link finish} writes the last one.
 */
export class StoredUpload {
  /** The id of the bulk job. */
  readonly id = randomUUID();
  readonly #db: Db;
  #committed = 0;
  #hasBegun = false;
  #rows: string[] = [];

  constructor(db: Db) {
    this.#db = db;
  }

  get total(): number {
    return this.#committed + this.#rows.length;
  }

  /** Adds an item as JSON text. @throws {UploadLostError} if the clean-up has abandoned the upload. */
  async add(payload: string): Promise<void> {
    if (this.#rows.length === ROWS_PER_INSERT) await this.#commit();
    this.#rows.push(payload);
  }

  /** Renews the lease, so that the clean-up keeps the committed items. @throws {UploadLostError} if it has abandoned the upload. */
  async renew(): Promise<void> {
    if (this.#hasBegun && !(await renewUpload(this.#db, this.id))) throw new UploadLostError(this.id);
  }

  /** Assigns all items to the job that the same transaction creates. @throws {UploadLostError} as above. */
  async finish(trx: Trx): Promise<void> {
    if (this.#hasBegun) await finishUpload(trx, this.id, this.#committed);
    await insertBulkItems(trx, this.id, this.#committed, this.#rows);
  }

  /** Deletes the committed items, unless the job was created after all. Items that can't be deleted are left to the clean-up. */
  async remove(): Promise<void> {
    if (!this.#hasBegun) return;
    await abandonUpload(this.#db, this.id);
    while ((await deleteAbandonedItems(this.#db, ROWS_PER_DELETE, this.id)) > 0);
    await deleteAbandonedUploads(this.#db, 1, this.id);
  }

  async #commit(): Promise<void> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      await beginUpload(this.#db, this.id);
    }
    await addUploadedItems(this.#db, this.id, this.#committed, this.#rows);
    this.#committed += this.#rows.length;
    this.#rows = [];
  }
}
