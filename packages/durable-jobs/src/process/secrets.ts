import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../values/canonical-json.ts';

/** What is derived from the application's secret. Each use has its own prefix, so that no value serves for another. */
export interface Secrets {
  /**
   * 32 bytes that stand for a value, for a purpose of the application's own such as `account`: the same each time, and of no use to
   * anyone without the secret. The library's own purposes are `session`, `fingerprint` and `canonical-fingerprint`.
   */
  derive: (purpose: string, value: string) => Buffer;
  /** Fingerprint of a request's body, whatever the order of its fields; keyed, because a body may hold a password. */
  fingerprint: (body: unknown) => string;
  /** The fingerprint that releases up to 0.1 stored, which depends on the order of fields. */
  earlierFingerprint: (body: unknown) => string;
  /** Signs what a browser's session says of itself. */
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

/** What is stored of a one-time token. Tokens have 256 random bits, so a fast hash is enough. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Whether two secrets are equal, in a time that tells neither their content nor their length. */
export function secretsEqual(a: string, b: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}
