import { randomUUID } from 'node:crypto';
import type { Db } from '../../domain/database/schema.ts';
import type { OrderStatus } from '../../domain/orders/order-status.ts';
import { addDays, dayBounds } from '../../domain/reports/local-day.ts';
import { seedEmail, seedOrder, seedUser } from './seed-shop.ts';

/** How busy each of the fourteen days was; the last one is the report's day. */
const busyness = [5, 6, 4, 8, 9, 3, 2, 6, 7, 7, 9, 10, 4, 12];

/** The outcomes of a day's orders, which repeat. */
const fates: readonly OrderStatus[] = [
  'completed',
  'completed',
  'completed',
  'refunded',
  'completed',
  'awaiting_payment_method',
  'completed',
  'payment_failed',
  'completed',
  'cancelled',
];

/** Fills a shop with two weeks of plausible business, up to a day in Berlin. The result is always the same. */
export async function seedFortnight(db: Db, lastDay: string): Promise<void> {
  const userId = await seedUser(db, new Date('2025-01-01T00:00:00Z'));
  for (const [index, orders] of busyness.entries()) {
    const { from } = dayBounds(addDays(lastDay, index + 1 - busyness.length), 'Europe/Berlin');
    const at = (minutes: number): Date => new Date(from.getTime() + minutes * 60_000);
    for (let n = 0; n < 3 + ((index * 5) % 7); n++) await seedUser(db, at(60 + n * 45));
    for (let n = 0; n < orders; n++) {
      const placed = at(400 + n * 60);
      await seedEmail(db, {
        key: `welcome:${randomUUID()}`,
        template: 'welcome',
        status: n === 7 ? 'dead' : 'sent',
        createdAt: placed,
        sentAt: n === 7 ? null : new Date(placed.getTime() + 900 + 40 * n),
      });
      const status = fates[n % fates.length] ?? 'completed';
      const paid = status === 'completed' || status === 'refunded';
      const retried = n % 4 === 1;
      const paidAt = new Date(placed.getTime() + (retried ? 61_500 : 1_400 + 130 * n));
      const amountMinor = 1250 + ((n * 1733 + index * 977) % 6000);
      const currency = n % 3 === 2 ? 'usd' : 'eur';
      const id = await seedOrder(
        db,
        {
          userId,
          currency,
          amountMinor,
          status,
          createdAt: placed,
          paidAt: paid ? paidAt : null,
          ...(status === 'refunded' && { refundedMinor: amountMinor, refundedAt: paidAt }),
        },
        paid
          ? [
              ...(retried ? [{ at: placed, outcome: 'failed' as const }] : []),
              { at: paidAt, outcome: 'succeeded' as const },
            ]
          : [
              {
                at: placed,
                outcome: status === 'payment_failed' ? ('failed' as const) : ('declined' as const),
              },
            ],
      );
      await seedEmail(db, {
        key: `order:${id}:${paid ? 'receipt' : 'payment-declined'}`,
        template: paid ? 'order-receipt' : 'payment-declined',
        status: n === 11 ? 'pending' : 'sent',
        createdAt: paidAt,
        sentAt: n === 11 ? null : new Date(paidAt.getTime() + (n === 3 ? 35_000 : 700 + 90 * n)),
      });
    }
  }
}
