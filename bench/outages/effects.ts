import pg from 'pg';
import { PAYMENT_SANDBOX } from '../../local/payment-sandbox.ts';
import type { StackInfo } from '../../packages/durable-jobs/src/dev/stack-file.ts';
import { SKU, type Accepted } from './load.ts';

/** How often each thing that was accepted had its effect. */
export interface EffectCount {
  kind: string;
  accepted: number;
  /** Had it at least once. */
  done: number;
  /** Had it more than once. */
  repeated: number;
}

/** Counts effects, if they happen: in the inbox, in the stock's ledger, and in the payment provider's. */
export async function countEffects(info: StackInfo, accepted: Accepted): Promise<EffectCount[]> {
  const mails = await getJson<{ subject: string; to: { address: string }[] }[]>(
    `${info.urls.inbox ?? ''}/api/email`,
  );
  const { charges } = await getJson<{ charges: { metadata: Record<string, string> }[] }>(
    `${info.ownUrls[PAYMENT_SANDBOX] ?? ''}/_control/ledger`,
  );
  return [
    count(
      'welcome emails',
      accepted.registrations,
      mails.filter(({ subject }) => /welcome/i.test(subject)).map(({ to }) => to[0]?.address),
    ),
    count(
      'emails inserted by SQL',
      accepted.emails,
      mails.map(({ subject }) => subject),
    ),
    count('work items', accepted.workItems, await ledgerItems(info)),
    count(
      'orders sent as messages',
      accepted.orders,
      charges.map(({ metadata }) => metadata.orderId),
    ),
  ];
}

function count(kind: string, keys: readonly string[], effects: readonly (string | undefined)[]): EffectCount {
  const times = new Map<string, number>();
  for (const key of effects) if (key !== undefined) times.set(key, (times.get(key) ?? 0) + 1);
  return {
    kind,
    accepted: keys.length,
    done: keys.filter((key) => times.has(key)).length,
    repeated: keys.filter((key) => (times.get(key) ?? 0) > 1).length,
  };
}

/** An item of work for each change of the level, which must be their number. */
async function ledgerItems(info: StackInfo): Promise<string[]> {
  const client = new pg.Client({ connectionString: info.urls.database });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      'SELECT work_item_id::text AS id FROM stock_ledger WHERE sku = $1',
      [SKU],
    );
    const level = await client.query<{ available: number }>(
      'SELECT available FROM stock_levels WHERE sku = $1',
      [SKU],
    );
    // A change without its row, or the other way round: no item is counted as done rightly then.
    return level.rows[0]?.available === rows.length ? rows.map(({ id }) => id) : [];
  } finally {
    await client.end();
  }
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return (await response.json()) as T;
}
