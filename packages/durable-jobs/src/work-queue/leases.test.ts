import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseLostError } from './errors.ts';
import { Leases } from './leases.ts';
import type { ClaimedWork, Lease, Renewal, WorkQueue } from './work-queue.ts';

const LEASE_MS = 30_000;

const item = (token: string): ClaimedWork => ({
  lease: { id: `item-${token}`, token },
  kind: 'ping',
  payload: {},
  attempt: 1,
});

/** What became of leases, by the tokens of their items. */
const renewal = (renewed: readonly string[], lost: readonly string[] = []): Renewal => {
  const ids = (tokens: readonly string[]) => new Set(tokens.map((token) => item(token).lease.id));
  return { renewed: ids(renewed), lost: ids(lost) };
};

/** The leases of a process, and what they do with the queue. */
function leasesOf() {
  const renew = vi.fn((leases: readonly Lease[]): Promise<Renewal> =>
    Promise.resolve(renewal(leases.map(({ token }) => token))),
  );
  const release = vi.fn((_leases: readonly Lease[]): Promise<void> => Promise.resolve());
  const emptied = vi.fn();
  const logger = pino({ level: 'silent' });
  const warn = vi.spyOn(logger, 'warn');
  const queue = { renew, release } as unknown as WorkQueue;
  return {
    leases: new Leases({ queue, leaseMs: LEASE_MS, logger, emptied }),
    renew,
    release,
    emptied,
    warnings: () => warn.mock.calls.map(([, message]) => message),
    /** The tokens of the leases that were to be renewed, by the calls. */
    renewals: () => renew.mock.calls.map(([all]) => all.map(({ token }) => token)),
  };
}

it('calls back once the last item is removed, whether or not it has begun', () => {
  const { leases, emptied } = leasesOf();
  const [first, second] = [leases.take(item('a'), 0), leases.take(item('b'), 0)];
  expect(leases.all()).toEqual([item('a').lease, item('b').lease]);
  leases.drop(first);
  expect(emptied).not.toHaveBeenCalled();
  expect(leases.all()).toEqual([item('b').lease]);
  leases.drop(second);
  leases.drop(second);
  expect(emptied).toHaveBeenCalledOnce();
});

describe('leases that are kept', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are renewed at a third of their length, all at once, until they are no longer kept', async () => {
    const { leases, renewals } = leasesOf();
    const stop = leases.keep();
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    expect(renewals()).toEqual([]);
    leases.take(item('a'), performance.now());
    const b = leases.take(item('b'), performance.now());
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3 - 1);
    expect(renewals()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(renewals()).toEqual([['a', 'b']]);
    leases.drop(b);
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    expect(renewals()).toEqual([['a', 'b'], ['a']]);
    stop();
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    expect(renewals()).toHaveLength(2);
  });

  it('abandon the attempt of an item that was lost, and of no other', async () => {
    const { leases, renew, renewals } = leasesOf();
    const [a, b, c] = ['a', 'b', 'c'].map((token) => leases.take(item(token), performance.now()));
    renew.mockResolvedValueOnce(renewal(['a'], ['b']));
    leases.keep();
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    expect([a?.signal.aborted, b?.signal.aborted, c?.signal.aborted]).toEqual([false, true, false]);
    expect(b?.signal.reason).toEqual(new LeaseLostError('item-b'));
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    expect(renewals()).toEqual([
      ['a', 'b', 'c'],
      ['a', 'c'],
    ]);
  });

  it('abandon the attempts of items that could not be renewed for the length of a lease', async () => {
    const { leases, renew, warnings } = leasesOf();
    renew.mockRejectedValue(new Error('the database does not respond'));
    leases.keep();
    const a = leases.take(item('a'), performance.now());
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    // One whose row is locked is in neither set.
    renew.mockResolvedValue(renewal([]));
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    expect(a.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    expect(a.signal.reason).toEqual(new LeaseLostError('item-a'));
    expect(warnings()).toEqual(['the leases of work items could not be renewed; retrying']);
  });

  it('last from the latest renewal, as of when it was requested', async () => {
    const { leases, renew } = leasesOf();
    leases.keep();
    const a = leases.take(item('a'), performance.now());
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    renew.mockResolvedValue(renewal([]));
    await vi.advanceTimersByTimeAsync(LEASE_MS - 1);
    expect(a.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(a.signal.aborted).toBe(true);
  });

  it('end by the clock while the database does not respond, which is not called again', async () => {
    const { leases, renew, renewals } = leasesOf();
    let respond = (_renewal: Renewal): void => undefined;
    renew.mockReturnValueOnce(new Promise((resolve) => (respond = resolve)));
    leases.keep();
    const a = leases.take(item('a'), performance.now());
    await vi.advanceTimersByTimeAsync((2 / 3) * LEASE_MS);
    const b = leases.take(item('b'), performance.now());
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    expect([a.signal.aborted, b.signal.aborted]).toEqual([true, false]);
    expect(renewals()).toEqual([['a']]);
    respond(renewal(['a']));
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
    expect(renewals()).toEqual([['a'], ['b']]);
  });
});

describe('the return of all items', () => {
  it('ends their attempts for its reason', async () => {
    const { leases, release, warnings } = leasesOf();
    const held = ['a', 'b'].map((token) => leases.take(item(token), 0));
    const reason = new Error('the service is stopping');
    await leases.releaseAll(reason);
    expect(held.map(({ signal }) => signal.reason as unknown)).toEqual([reason, reason]);
    expect(release.mock.calls).toEqual([[[item('a').lease, item('b').lease]]]);
    expect(warnings()).toEqual([]);
  });

  it('calls nothing if there are none', async () => {
    const { leases, release } = leasesOf();
    await leases.releaseAll(new Error('the service is stopping'));
    expect(release).not.toHaveBeenCalled();
  });

  it('never fails, as their leases end anyway', async () => {
    const { leases, release, warnings } = leasesOf();
    release.mockRejectedValue(new Error('the database does not respond'));
    leases.take(item('a'), 0);
    await leases.releaseAll(new Error('the service is stopping'));
    expect(warnings()).toEqual(['work items could not be returned to the queue immediately']);
  });
});
