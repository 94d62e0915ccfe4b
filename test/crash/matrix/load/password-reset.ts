import { setTimeout as delay } from 'node:timers/promises';
import { RETRY_MS } from './client.ts';
import type { SendLoad } from './context.ts';
import { register } from './registration.ts';

/** A password reset of a user of its own. Requests have no key: each that may have arrived counts. */
export const sendPasswordReset: SendLoad = async (context) => {
  const user = await register(context);
  context.accepted.registrations.push(user);
  const request = { method: 'POST', path: '/api/auth/forgot-password', body: { email: user.email } };
  for (let requests = 1; ; requests++) {
    const answer = await context.client.sendOnce(request).catch(() => undefined);
    if (answer?.status === 200) {
      context.accepted.passwordResets.push({ email: user.email, requests });
      return;
    }
    await delay(RETRY_MS);
  }
};
