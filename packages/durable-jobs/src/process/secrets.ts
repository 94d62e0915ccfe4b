import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../values/canonical-json.ts';

/** Values derived from the application's secret. Each use has a separate prefix, so that a value of one use is not valid for another. */
export interface Secrets {
  /**
   * Returns 32 bytes derived from a value, for a purpose of the application such as `account`: always the same, and useless to anyone
   * without the secret. The library's own purposes are `session`, `fingerprint` and `canonical-fingerprint`.
   */
  derive: (purpose: string, value: string) => Buffer;
  /**
   * Returns the fingerprint of a request's body, which does not depend on the order of its fields. It is keyed, because a body may contain
   * a password.
   */
  fingerprint: (body: unknown) => string;
  /** Returns the fingerprint that releases up to 0.1 stored, which depends on the order of fields. */
  earlierFingerprint: (body: unknown) => string;
  /** Signs the content of a browser's session cookie. */
  sessionMac: (session: string) => string;
}

/** Builds {@link Secrets} from `APP_SECRET`. */
export function createSecrets(appSecret: string): Secrets {
  const derive = (purpose: string, value: string): Buffer =>
    createHmac('sha256', appSecret).update(`${purpose}\0${value}`).digest();
  return {
    derive,
    sessionMac: (session) => derive('session', session).toString('base64url'),
    fingerprint: (body) => derive('canonical-fingerprint', canonicalJson(body)).toString('hex'),
    earlierFingerprint: (body) => derive('fingerprint', JSON.stringify(body)).toString('hex'),
  };
}

/** Returns what is stored of a one-time token. Tokens have 256 random bits, so a fast hash is sufficient. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Compares two secrets in a time that reveals neither their content nor their length. */
export function secretsEqual(a: string, b: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}
