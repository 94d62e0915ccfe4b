import { proxyActivities } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/orders.ts';
import { chargeOptions, fulfilmentOptions } from '../../workflows/policies.ts';

const { chargeOrder } = proxyActivities<OrderActivities>(chargeOptions);
const { fulfilOrder } = proxyActivities<OrderActivities>(fulfilmentOptions);

/** A change that must not be released: `processOrder` with its first two steps exchanged, and no patch. */
export async function processOrder({ orderId }: { orderId: string }): Promise<void> {
  await fulfilOrder({ orderId });
  await chargeOrder({ orderId, revision: 1 });
}

/** A bug that no timeout of the engine ends. */
export function deleteExpired(): Promise<void> {
  for (;;);
}
