import { randomUUID } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { inParallel } from '../../packages/durable-jobs/src/process/in-parallel.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { startApi, startWorker, type ServiceProcess } from '../support/processes.ts';
import { request, useService } from '../support/service.ts';

/** Another process takes over within seconds, but not while other tests of this kind keep all cores busy. */
const TAKE_OVER_MS = 180_000;

const engine = useOwnEngine();
const service = useService({
  workers: false,
  config: { PASSWORD_RESET_DELAY: 20_000 },
  temporalAddress: engine.address,
});

it('a wait survives the crash of engine and worker, and work accepted meanwhile is done afterwards', async () => {
  const first = await startWorker(service);
  const email = `ada-${randomUUID()}@example.com`;
  const user = { email, name: 'Ada', password: 'old password' };
  const { body } = await service.request('POST', '/api/auth/register', user);
  await jobWithStatus(service, (body as { jobId: string }).jobId, 'completed');
  await service.request('POST', '/api/auth/forgot-password', { email });
  const { links } = (await service.request('GET', `/api/users/${(body as { id: string }).id}`)).body as {
    links: { passwordResetJob: string };
  };
  const jobId = links.passwordResetJob.replace('/api/jobs/', '');
  await jobWithStatus(service, jobId, 'waiting');
  await first.kill();
  await engine.kill();

  const other = { ...user, email: `eve-${randomUUID()}@example.com` };
  const accepted = await service.request('POST', '/api/auth/register', other);
  expect(accepted.status).toBe(201);
  const away = await service.request('GET', `/api/jobs/${jobId}`);
  expect(away).toMatchObject({ status: 503, body: { code: 'engine_unavailable' } });
  expect(away.headers.get('retry-after')).toBe('5');

  await engine.restart();
  const second = await startWorker(service);
  await eventually(() => {
    const subjects = service.mail.to(email).map((mail) => mail.subject);
    expect(subjects.toSorted()).toEqual(['Reset your password', 'Welcome']);
    expect(service.mail.to(other.email)).toHaveLength(1);
  }, TAKE_OVER_MS);
  expect(await second.stop()).toBe(0);
});

const processes: ServiceProcess[] = [];
afterAll(() => Promise.all(processes.map((process) => process.stop())));

/** Registers users and places orders, one after the other at each of several callers, at the API whose URL is given last. */
function startLoad(firstUrl: string): {
  users: string[];
  orders: { id: string; jobId: string }[];
  failures: unknown[];
  /** Sends what follows to another API. Resolves when everything that was sent to the former one was answered. */
  moveTo: (url: string) => Promise<void>;
  stop: () => Promise<void>;
} {
  const [users, orders, failures]: [string[], { id: string; jobId: string }[], unknown[]] = [[], [], []];
  let url = firstUrl;
  const over = new AbortController();
  const inProgress = new Set<Promise<unknown>>();
  const post = async <Body>(path: string, body: object): Promise<Body | undefined> => {
    const sent = request(url, 'POST', path, body).then((answer) => {
      if (answer.status === 201 || answer.status === 202) return answer.body as Body;
      throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    });
    const settled = sent.catch((error: unknown) => void failures.push(error));
    inProgress.add(settled);
    await settled;
    inProgress.delete(settled);
    return sent.catch(() => undefined);
  };
  const call = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const email = `ada-${randomUUID()}@example.com`;
      const user = await post<{ id: string }>('/api/auth/register', {
        email,
        name: 'Ada',
        password: 'old password',
      });
      if (user) users.push(email);
      for (let number = 0; user && number < 3; number++) {
        const items = [{ sku: 'tea', quantity: 2, unitAmount: 450 }];
        const order = { userId: user.id, currency: 'EUR', items, paymentMethod: 'pm_card_visa' };
        const placed = await post<{ id: string; jobId: string }>('/api/orders', order);
        if (placed) orders.push(placed);
        // Thousands of jobs would show no more.
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  };
  const calls = [call(), call()];
  return {
    users,
    orders,
    failures,
    moveTo: async (next) => {
      url = next;
      await Promise.all(inProgress);
    },
    stop: async () => {
      over.abort();
      await Promise.all(calls);
    },
  };
}

it('no request fails while every process is replaced under load, and what was accepted is done once', async () => {
  const [api, worker] = await Promise.all([startApi(service), startWorker(service)]);
  processes.push(api, worker);
  const load = startLoad(api.url);
  const untilMore = async (): Promise<void> => {
    const before = load.orders.length;
    await eventually(() => expect(load.orders.length).toBeGreaterThan(before + 4), TAKE_OVER_MS);
  };
  try {
    await untilMore();
    await engine.kill();
    await untilMore();
    await engine.restart();
    const [nextApi, nextWorker] = await Promise.all([startApi(service), startWorker(service)]);
    processes.push(nextApi, nextWorker);
    // As a proxy does that knows which processes are about to stop.
    await load.moveTo(nextApi.url);
    expect(await Promise.all([api.stop(), worker.stop()])).toEqual([0, 0]);
    await untilMore();
  } finally {
    await load.stop();
  }
  expect(load.failures).toEqual([]);
  await inParallel(load.orders, 5, async ({ id, jobId }) => {
    await eventually(async () => {
      const { body } = await service.request('GET', `/api/jobs/${jobId}`);
      expect(body).toMatchObject({ status: 'completed' });
    }, TAKE_OVER_MS);
    expect((await service.ledger(id)).charges).toMatchObject([{ amountMinor: 900 }]);
  });
  await eventually(() => {
    for (const email of load.users)
      expect(service.mail.to(email).map(({ subject }) => subject)).toContain('Welcome');
  }, TAKE_OVER_MS);
  for (const email of load.users)
    expect(service.mail.to(email).filter(({ subject }) => subject === 'Welcome')).toHaveLength(1);
});
