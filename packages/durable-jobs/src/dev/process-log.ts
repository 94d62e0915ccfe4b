import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A bundler's report is one line of JSON. */
const TAIL_BYTES = 64 * 1024;
/** Size above which a log is rotated at the next start. */
const LOG_BYTES = 20 * 1024 * 1024;

/** Opens a log for appending, and returns the offset at which new output begins. */
export function openLog(file: string): { fd: number; start: number } {
  mkdirSync(dirname(file), { recursive: true });
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES) renameSync(file, `${file}.1`);
  const fd = openSync(file, 'a');
  return { fd, start: fstatSync(fd).size };
}

/** Returns the end of a log, as far as it was written after `start`. */
export function readTail(file: string, start: number): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(fd);
    const from = Math.max(start, size - TAIL_BYTES);
    const buffer = new Uint8Array(Math.max(0, size - from));
    const length = readSync(fd, buffer, 0, buffer.length, from);
    return new TextDecoder().decode(buffer.subarray(0, length)).trimEnd();
  } finally {
    closeSync(fd);
  }
}
