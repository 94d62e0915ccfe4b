import { hash } from '@node-rs/argon2';
import { Semaphore } from 'async-mutex';

/** How many passwords a process hashes at once. Each takes a core and a thread of libuv's four, and strangers may ask for it. */
const CONCURRENT_HASHES = 2;

const hashing = new Semaphore(CONCURRENT_HASHES);

/**
 * Hashes a password with Argon2id, when its turn comes. The library's defaults (19 MiB, 2 passes, 1 lane) are the minimum that
 * the OWASP Password Storage Cheat Sheet recommends.
 */
export function hashPassword(password: string): Promise<string> {
  return hashing.runExclusive(() => hash(password));
}
