import type { Receiver } from 'rhea-promise';

/** What rhea counts on a link, which its types do not describe. */
interface CountingLink {
  delivery_count: number;
  remote: { attach?: { initial_delivery_count?: number } };
}

/**
 * Makes a receiver count its deliveries from the number that the broker gave, within 32 bits, as AMQP 1.0 requires (part 2, section 2.6.7).
 * rhea counts from 0 without a limit. RabbitMQ 4 begins five below the limit: it would send five messages more than it was granted, and then
 * rhea would fail to encode the count.
 */
export function countFromRemote(receiver: Receiver): void {
  const link = (receiver as unknown as { _link: CountingLink })._link;
  let count = (link.delivery_count + (link.remote.attach?.initial_delivery_count ?? 0)) >>> 0;
  Object.defineProperty(link, 'delivery_count', {
    configurable: true,
    enumerable: true,
    get: () => count,
    set: (value: number) => (count = value >>> 0),
  });
}
