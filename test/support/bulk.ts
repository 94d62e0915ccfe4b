import { randomUUID } from 'node:crypto';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { createStripeProvider } from '../../domain/payments/provider.ts';
import { holdRows, untilLocksAreAwaited } from './hold-rows.ts';
import type { Service } from './service.ts';

/** Uploads items, one per line, to an API, and returns the bulk job. */
export async function uploadItems(
  url: string,
  task: string,
  items: readonly object[],
): Promise<{ id: string; jobId: string; total: number }> {
  const response = await fetch(`${url}/api/bulk-jobs?task=${task}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${LOCAL_API_KEY}`, 'content-type': 'application/x-ndjson' },
    body: items.map((item) => JSON.stringify(item)).join('\n'),
  });
  const body: unknown = await response.json();
  if (response.status !== 202) throw new Error(`the upload was refused: ${JSON.stringify(body)}`);
  return body as Awaited<ReturnType<typeof uploadItems>>;
}

/**
 * Uploads products, and resolves when their import has stopped in its first chunk: nothing is done before `release` is called, however fast
 * the worker is. Call it within the statement timeout of 30 s.
 */
export async function heldImport(
  service: Service,
  count: number,
): Promise<{ id: string; jobId: string; release: () => Promise<void> }> {
  const sku = `tea-${randomUUID()}`;
  await service.db
    .insertInto('products')
    .values({ sku, name: 'Tea', unitAmountMinor: 1, currency: 'eur' })
    .execute();
  const release = await holdRows(service.db, (trx) =>
    trx.selectFrom('products').select('sku').where('sku', '=', sku).forUpdate().execute(),
  );
  const items = Array.from({ length: count }, (_, n) => ({
    sku: n === 0 ? sku : `${sku}-${n}`,
    name: 'Tea',
    unitAmount: 450,
    currency: 'EUR',
  }));
  const job = await uploadItems(service.url, 'import-products', items);
  await untilLocksAreAwaited(service.db, 1);
  return { ...job, release };
}

/** Creates orders of 450 with an intent at the provider, whose one product now costs 500. Returns their ids. */
export async function pricedOrders(service: Service, count: number): Promise<string[]> {
  const sku = `tea-${randomUUID()}`;
  const { id: userId } = await service.db
    .insertInto('users')
    .values({ email: `${randomUUID()}@example.com`, name: 'Ada', passwordHash: 'none' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await service.db
    .insertInto('products')
    .values({ sku, name: 'Tea', unitAmountMinor: 500, currency: 'eur' })
    .execute();
  const provider = createStripeProvider({
    apiKey: 'sk_test_sandbox',
    apiUrl: service.sandboxUrl,
    timeoutMs: 60_000,
  });
  const intentIds = await Promise.all(
    Array.from({ length: count }, () =>
      provider.createIntent({
        amountMinor: 450,
        currency: 'eur',
        metadata: {},
        idempotencyKey: randomUUID(),
      }),
    ),
  );
  const orders = await service.db
    .insertInto('orders')
    .values(
      intentIds.map((intentId) => ({
        userId,
        currency: 'eur',
        amountMinor: 450,
        status: 'awaiting_payment_method' as const,
        paymentIntentId: intentId,
      })),
    )
    .returning('id')
    .execute();
  await service.db
    .insertInto('orderItems')
    .values(orders.map(({ id }) => ({ orderId: id, line: 1, sku, quantity: 1, unitAmountMinor: 450 })))
    .execute();
  return orders.map(({ id }) => id);
}
