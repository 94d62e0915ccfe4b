import type { Evidence } from '../evidence.ts';

/** Money: each accepted order that must be paid was charged once, with its amount, and no other order kept money. */
export function checkCharges({ accepted, charges, orders }: Evidence): string[] {
  const violations: string[] = [];
  for (const { orderId, amountMinor, ends } of [...accepted.orders, ...accepted.messages]) {
    const taken = charges.filter((charge) => charge.orderId === orderId);
    const kept = taken.filter((charge) => charge.refundedMinor < charge.amountMinor);
    const status = orders.find(({ id }) => id === orderId)?.status;
    if (ends === 'completed' && taken.length !== 1)
      violations.push(`order ${orderId} (${status ?? 'missing'}) was charged ${taken.length} times`);
    if (ends !== 'completed' && kept.length > 0)
      violations.push(`order ${orderId} (${status ?? 'missing'}) keeps money that was not due`);
    for (const charge of kept) {
      if (charge.amountMinor !== amountMinor)
        violations.push(`order ${orderId} was charged ${charge.amountMinor} instead of ${amountMinor}`);
    }
  }
  return violations;
}
