import { setTimeout as delay } from 'node:timers/promises';
import { RETRY_MS } from './client.ts';
import type { SendLoad } from './context.ts';

/** An email of another program, which inserts its row. The key makes a statement without an answer safe to repeat. */
export const sendEmail: SendLoad = async ({ database, accepted, name, client }) => {
  const key = name('email');
  const recipient = `${key}@example.com`;
  for (;;) {
    try {
      await database.query(
        `INSERT INTO emails (key, recipient, subject, body_text) VALUES ($1, $2, 'Hello', 'Hello.')
         ON CONFLICT (key) DO NOTHING`,
        [key, recipient],
      );
      accepted.emails.push({ key, recipient });
      return;
    } catch (error) {
      const what = `INSERT INTO emails: ${error instanceof Error ? error.message : String(error)}`;
      client.refusals.set(what, (client.refusals.get(what) ?? 0) + 1);
      await delay(RETRY_MS);
    }
  }
};
