import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createPersistentClient, RETRY_MS } from '../../test/crash/matrix/load/client.ts';
import type { StackInfo } from '../../packages/durable-jobs/src/dev/stack-file.ts';

/** What was accepted, by kind: the keys by which its effects are found. */
export interface Accepted {
  /** Addresses of users: each gets one welcome email. */
  registrations: string[];
  /** Subjects of emails that were inserted by SQL: each is sent once. */
  emails: string[];
  /** Ids of work items: each makes one row of the stock's ledger. */
  workItems: string[];
  /** Ids of orders that were sent as messages: each is charged once. */
  orders: string[];
}

/** A load that continues until it is stopped. */
export interface Load {
  accepted: Accepted;
  /** Answers other than 2xx, and requests and statements that broke, by what they said. */
  refusals: Map<string, number>;
  /** Resolves once everything that was begun is accepted. */
  stop: () => Promise<void>;
}

/** How often each kind is sent. The inbox keeps 2,000 mails, and all of them must stay countable. */
const EVERY_MS = { registrations: 1_000, emails: 500, workItems: 100, orders: 1_000 } as const;

/** The one SKU whose stock the work items change. */
export const SKU = 'outage';

/**
 * Sends work of each kind at a steady rate, as clients do that were told to try again: with the same idempotency key, until
 * it is accepted.
 */
export async function startLoad(info: StackInfo): Promise<Load> {
  const accepted: Accepted = { registrations: [], emails: [], workItems: [], orders: [] };
  const { send, refusals } = createPersistentClient({ url: () => info.urls.api, apiKey: info.apiKey });
  const refused = (what: string): void => void refusals.set(what, (refusals.get(what) ?? 0) + 1);
  const stopping = new AbortController();
  const database = new pg.Pool({ connectionString: info.urls.database, max: 4 });
  database.on('error', () => refused('the database went away'));

  const insertEmail = async (subject: string): Promise<void> => {
    for (;;) {
      try {
        // The key makes a statement whose answer was lost safe to repeat, as for any program that writes into the table.
        await database.query(
          `INSERT INTO emails (key, recipient, subject, body_text) VALUES ($1, 'outage@example.com', $1, 'Hello.')
           ON CONFLICT (key) DO NOTHING`,
          [subject],
        );
        return;
      } catch (error) {
        refused(`INSERT INTO emails: ${error instanceof Error ? error.name : String(error)}`);
        await delay(RETRY_MS);
      }
    }
  };

  await send('PUT', `/api/stock/${SKU}`, { available: 0 });
  const customer = await send('POST', '/api/auth/register', userOf('customer'));
  let next = 0;
  const kinds = {
    registrations: async (): Promise<string> => {
      const user = userOf(`outage-${next++}`);
      await send('POST', '/api/auth/register', user);
      return user.email;
    },
    emails: async (): Promise<string> => {
      const subject = `outage email ${next++}`;
      await insertEmail(subject);
      return subject;
    },
    workItems: async (): Promise<string> => {
      const { id } = await send('POST', '/api/work-items', {
        kind: 'adjust-stock',
        payload: { sku: SKU, delta: 1, reason: 'delivery' },
        dedupeKey: `outage-${next++}`,
      });
      return String(id);
    },
    orders: async (): Promise<string> => {
      const { orderId } = await send('POST', '/api/order-messages', {
        userId: customer.id,
        currency: 'EUR',
        items: [{ sku: 'made-to-order', quantity: 1, unitAmount: 450 }],
        paymentMethod: 'pm_card_visa',
      });
      return String(orderId);
    },
  } satisfies Record<keyof Accepted, () => Promise<string>>;

  const underWay = new Set<Promise<void>>();
  const rounds = (Object.keys(kinds) as (keyof Accepted)[]).map(async (kind) => {
    while (!stopping.signal.aborted) {
      const sending = kinds[kind]().then((key) => {
        accepted[kind].push(key);
      });
      underWay.add(sending);
      void sending.finally(() => underWay.delete(sending));
      await delay(EVERY_MS[kind], undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  });
  return {
    accepted,
    refusals,
    async stop() {
      stopping.abort();
      await Promise.all(rounds);
      await Promise.all(underWay);
      await database.end();
    },
  };
}

function userOf(name: string): { email: string; name: string; password: string } {
  return { email: `${name}@example.com`, name, password: 'correct horse battery staple' };
}
