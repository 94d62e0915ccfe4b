/** In JavaScript, because it is also used before anything is installed. */
import { readFileSync } from 'node:fs';

/**
 * Whether a process runs. One that has ended and that nobody has collected yet does not: a container's first process may never do so.
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}
