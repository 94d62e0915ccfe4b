import { hash } from '@node-rs/argon2';
import { Semaphore } from 'async-mutex';

/**
 * Number of passwords that a process hashes concurrently. Each uses a core and one of libuv's four threads, and unauthenticated clients can
 * cause it.
 */
const CONCURRENT_HASHES = 2;

const hashing = new Semaphore(CONCURRENT_HASHES);

/**
 * Hashes a password with Argon2id, in turn. The library's defaults (19 MiB, 2 passes, 1 lane) are the minimum that the OWASP Password
 * Storage Cheat Sheet recommends.
 */
export function hashPassword(password: string): Promise<string> {
  return hashing.runExclusive(() => hash(password));
}
