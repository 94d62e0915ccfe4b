import { createReadStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * A file of JSON lines that is only ever appended to, one line for all that must become true together. An append
 * resolves when the line is on disk, so that what was answered survives a kill -9; appends that arrive while the disk
 * is busy share the next write. After a failed write every further one fails too: the file is then behind the memory.
 */
export class Journal {
  readonly #handle: FileHandle;
  #batch: string[] = [];
  #last: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Opens the file with these entries as its only content, replacing it in one step. */
  static async create(file: string, entries: Iterable<unknown>): Promise<Journal> {
    return new Journal(await replaceFile(file, entries));
  }

  /** Appends one entry, or none, and resolves when it and everything appended before it is on disk. */
  append(entry?: unknown): Promise<void> {
    const batch = this.#batch;
    if (entry !== undefined) batch.push(`${JSON.stringify(entry)}\n`);
    return this.#next(async () => {
      // Empty if an earlier step has taken this entry along.
      const lines = batch.splice(0);
      if (lines.length === 0) return;
      await this.#handle.appendFile(lines.join(''));
      await this.#handle.datasync();
    });
  }

  /** Empties the file. */
  clear(): Promise<void> {
    // So that no earlier step writes what is appended from now on, only to have it cleared away.
    this.#batch = [];
    return this.#next(async () => {
      await this.#handle.truncate(0);
      await this.#handle.datasync();
    });
  }

  /** Waits for what is being written, then closes the file. */
  async close(): Promise<void> {
    try {
      await this.append();
    } finally {
      await this.#handle.close();
    }
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(step);
    return this.#last;
  }
}

/**
 * Reads a journal's entries. A last line that can't be parsed is one whose writing was cut off: it was never answered,
 * and is dropped. Anywhere else it is damage, which nobody should paper over.
 */
export async function readJournal(file: string): Promise<unknown[]> {
  const entries: unknown[] = [];
  let damagedLine: number | undefined;
  let lineNumber = 0;
  const handle = await open(file).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return [];
  await handle.close();
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    lineNumber += 1;
    if (damagedLine !== undefined) break;
    try {
      entries.push(JSON.parse(line));
    } catch {
      damagedLine = lineNumber;
    }
  }
  if (damagedLine !== undefined && damagedLine < lineNumber) {
    throw new Error(`${file}: line ${damagedLine} is damaged. Repair it, or delete the file to start empty.`);
  }
  return entries;
}

/** A write for every line would make starting slow, one for all of them large. */
const CHUNK_LENGTH = 1_000_000;

async function replaceFile(file: string, entries: Iterable<unknown>): Promise<FileHandle> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.tmp`;
  const writer = await open(temporary, 'w');
  try {
    let lines = '';
    for (const entry of entries) {
      lines += `${JSON.stringify(entry)}\n`;
      if (lines.length < CHUNK_LENGTH) continue;
      await writer.appendFile(lines);
      lines = '';
    }
    await writer.appendFile(lines);
    await writer.sync();
  } finally {
    await writer.close();
  }
  await rename(temporary, file);
  // A rename is durable once its folder is.
  const folder = await open(dirname(file));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return open(file, 'a');
}
