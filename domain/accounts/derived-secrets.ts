import type { Secrets } from 'durable-jobs/process';
import { normaliseEmail } from 'durable-jobs/values';

/** Returns 32 hex digits that stand for an email address in ids, so that no address leaves our database. */
export function accountKey(secrets: Secrets, email: string): string {
  return secrets.derive('account', normaliseEmail(email)).toString('hex').slice(0, 32);
}

/** Returns the one-time token of a reset request. It is the same for every attempt, so that a repeated email contains the same token. */
export function resetToken(secrets: Secrets, requestId: string): string {
  return secrets.derive('reset-token', requestId).toString('base64url');
}
