import { setTimeout as delay } from 'node:timers/promises';
import { RETRY_MS } from './client.ts';
import type { SendLoad } from './context.ts';
import { amountOf, orderBody } from './orders.ts';
import { register } from './registration.ts';

/** The longest time between what a person does and their erasure: their jobs may have ended by then, or not have begun. */
const LATEST_MS = 6_000;

/**
 * A person who registers, orders and requests a password reset, and who is then erased. Another program has an email for them too. An erasure
 * may be requested again, because nothing of a person is erased twice.
 */
export const sendErasure: SendLoad = async ({ client, database, accepted, name }, variant) => {
  const { userId, email } = await register({ client, name }, 'leaver');
  const { id } = await client.send('POST', '/api/orders', orderBody({ customerId: userId }, variant));
  const reset = { method: 'POST', path: '/api/auth/forgot-password', body: { email } };
  await client.sendOnce(reset).catch(() => undefined);
  await database
    .query(`INSERT INTO emails (key, recipient, subject, body_text) VALUES ($1, $2, 'Hello', 'Hello.')`, [
      name('email'),
      email,
    ])
    // It is not promised to anyone.
    .catch(() => undefined);
  await delay(variant % LATEST_MS);
  for (;;) {
    const answer = await client
      .sendOnce({ method: 'DELETE', path: `/api/subjects/${userId}` })
      .catch(() => undefined);
    if (answer?.status === 202) {
      const order = { orderId: String(id), amountMinor: amountOf(variant) };
      accepted.erasures.push({ userId, email, jobId: String(answer.body.jobId), order });
      return;
    }
    await delay(RETRY_MS);
  }
};
