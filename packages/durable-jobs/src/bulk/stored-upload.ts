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

/** Rows of one statement: enough for the database to be the limit, few enough to be held in memory. */
const ROWS_PER_INSERT = 1_000;

/** Rows that one statement deletes, in some tens of milliseconds. */
const ROWS_PER_DELETE = 10_000;

/**
 * The items of one upload on their way into the database. Each full batch is committed by itself, where nothing sees it, so that
 * no transaction waits for the client; the last one is written by {@link finish}.
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

  /** Adds an item, a JSON text. @throws {UploadLostError} where the clean-up has abandoned the upload. */
  async add(payload: string): Promise<void> {
    if (this.#rows.length === ROWS_PER_INSERT) await this.#commit();
    this.#rows.push(payload);
  }

  /** Keeps what is committed from the clean-up. @throws {UploadLostError} where it has abandoned the upload. */
  async renew(): Promise<void> {
    if (this.#hasBegun && !(await renewUpload(this.#db, this.id))) throw new UploadLostError(this.id);
  }

  /** Makes all items those of the job that the same transaction makes. @throws {UploadLostError} as above. */
  async finish(trx: Trx): Promise<void> {
    if (this.#hasBegun) await finishUpload(trx, this.id, this.#committed);
    await insertBulkItems(trx, this.id, this.#committed, this.#rows);
  }

  /** Deletes what is committed, unless the job was made after all. What it can't delete is left to the clean-up. */
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
