import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Room for the database of a run, which begins with about 80 MB. */
const SIZE = '600m';

/** A small file system in memory, or the reason why this machine does not allow one. */
export type SmallDisk =
  | { folder: string; unmount: () => Promise<void>; reason?: undefined }
  | { folder?: undefined; reason: string };

/** Mounts a small file system on a new folder, which only root of a Linux machine may do. */
export async function mountSmallDisk(folder: string): Promise<SmallDisk> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { reason: 'only root of a Linux machine can mount a small file system' };
  await mkdir(folder, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0711`, 'tmpfs', folder]);
  } catch (error) {
    return {
      reason: `a small file system cannot be mounted: ${(error as Error).message.split('\n')[0] ?? ''}`,
    };
  }
  return {
    folder,
    unmount: async () => {
      await run('umount', [folder]);
    },
  };
}
