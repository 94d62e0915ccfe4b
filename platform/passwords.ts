import { hash } from '@node-rs/argon2';

/**
 * Hashes a password with Argon2id. The library's defaults (19 MiB, 2 passes, 1 lane) are the minimum that the OWASP
 * Password Storage Cheat Sheet recommends.
 */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}
