import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { normaliseEmail } from '../values/email-address.ts';
import { canonicalJson } from '../values/canonical-json.ts';

/** What is derived from the application's secret. Each use has its own prefix, so that no value serves for another. */
export interface Secrets {
  /** 32 hex digits that stand for an email address in ids, so that no address leaves our database. */
  accountKey: (email: string) => string;
  /** The one-time token of a reset request: the same at every attempt, so that a repeated email repeats it. */
  resetToken: (requestId: string) => string;
  /** Fingerprint of a request's body, whatever the order of its fields; keyed, because a body may hold a password. */
  fingerprint: (body: unknown) => string;
  /** The fingerprint that releases up to 0.1 stored, which depends on the order of fields. */
  earlierFingerprint: (body: unknown) => string;
  /** Signs what a browser's session says of itself. */
  sessionMac: (session: string) => string;
}

/** Builds {@link Secrets} from `APP_SECRET`. */
export function createSecrets(appSecret: string): Secrets {
  const hmac = (purpose: string, value: string): Buffer =>
    createHmac('sha256', appSecret).update(`${purpose}\0${value}`).digest();
  return {
    accountKey: (email) => hmac('account', normaliseEmail(email)).toString('hex').slice(0, 32),
    resetToken: (requestId) => hmac('reset-token', requestId).toString('base64url'),
    sessionMac: (session) => hmac('session', session).toString('base64url'),
    fingerprint: (body) => hmac('canonical-fingerprint', canonicalJson(body)).toString('hex'),
    earlierFingerprint: (body) => hmac('fingerprint', JSON.stringify(body)).toString('hex'),
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
