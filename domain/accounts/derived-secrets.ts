import type { Secrets } from 'durable-jobs/process';
import { normaliseEmail } from 'durable-jobs/values';

/** 32 hex digits that stand for an email address in ids, so that no address leaves our database. */
export function accountKey(secrets: Secrets, email: string): string {
  return secrets.derive('account', normaliseEmail(email)).toString('hex').slice(0, 32);
}

/** The one-time token of a reset request: the same at every attempt, so that a repeated email repeats it. */
export function resetToken(secrets: Secrets, requestId: string): string {
  return secrets.derive('reset-token', requestId).toString('base64url');
}
