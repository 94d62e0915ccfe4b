import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processOf } from './process-of.ts';
import type { BeginFault } from './begin.ts';

const BLOCK = Buffer.alloc(256 * 1024);

/** Fills the disk of the database. If the database has ended because of that, it is started again when there is space. */
export const fillDisk: BeginFault = async (stack) => {
  if (stack.smallDisk === undefined) throw new Error('the database has no small disk');
  const path = join(stack.smallDisk, 'filler');
  const file = await open(path, 'w');
  try {
    for (;;) await file.write(BLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
  return async () => {
    await rm(path);
    const database = processOf(stack, 'database');
    if (!database.isAlive()) await database.start();
  };
};
