import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Leases } from './leases.ts';
import type { ClaimedWork } from './work-queue.ts';

const item = (token: string): ClaimedWork => ({
  lease: { id: `item-${token}`, token },
  kind: 'ping',
  payload: {},
  attempt: 1,
});

it('calls back once the last item is removed, whether or not it has begun', () => {
  let emptied = 0;
  const unused = (): Promise<never> => Promise.reject(new Error('not used'));
  const leases = new Leases({
    queue: {
      getNext: unused,
      nextDueInMs: unused,
      renew: unused,
      commit: unused,
      completeAll: unused,
      complete: unused,
      fail: unused,
      release: unused,
    },
    leaseMs: 30_000,
    logger: pino({ level: 'silent' }),
    emptied: () => emptied++,
  });
  const [first, second] = [leases.take(item('a'), 0), leases.take(item('b'), 0)];
  leases.drop(first);
  expect(emptied).toBe(0);
  leases.drop(second);
  leases.drop(second);
  expect(emptied).toBe(1);
});
