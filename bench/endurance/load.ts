import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { errorMessage } from '../../packages/durable-jobs/src/process/errors.ts';
import type { StackInfo } from '../../packages/durable-jobs/src/dev/stack-file.ts';
import {
  createPersistentClient,
  type OneRequest,
  type PersistentClient,
} from '../../test/crash/matrix/load/client.ts';
import { addStockLevels } from '../work-items.ts';
import { SKUS } from '../effect.ts';

/** What is sent, and how much of each kind there is in one unit of the load. */
const UNITS = {
  registrations: 1,
  orders: 0.5,
  orderMessages: 0.5,
  passwordResets: 0.2,
  emails: 1,
  workItems: 5,
  lists: 0.2,
  bulkJobs: 0.02,
  triggers: 0.02,
} as const;

type Kind = keyof typeof UNITS;

/** How many of each kind were accepted. */
export type AcceptedCounts = Readonly<Record<Kind, number>>;

/** Items of a bulk job. */
const BULK_ITEMS = 2_000;

/** Schedules whose runs end within seconds, may overlap, and take as long at the end as at the beginning. */
const SCHEDULES = ['refresh-cache', 'cleanup-expired'] as const;

/** Schedules whose runs read all orders of the last hours or the last day: they take longer until the load has lasted for as long. */
const GROWING = ['daily-report', 'hourly-sync'] as const;

/** How often each of these is triggered, in milliseconds: at least four times as often as it runs by itself. */
const GROWING_EVERY_MS = 15 * 60_000;

/** How many responses of a kind are waited for at the same time, at most. */
const MOST_UNDER_WAY = 200;

/** A mixed load at an adjustable rate. */
export interface MixedLoad {
  /** Units per second, see {@link UNITS}. */
  setRate: (unitsPerSecond: number) => void;
  accepted: AcceptedCounts;
  /** Requests that were not sent because too many were under way. */
  readonly leftOut: number;
  /** Responses other than 2xx, and requests that broke, by what they said. */
  refusals: PersistentClient['refusals'];
  /** Takes the times of `POST /api/orders` since the last call, in milliseconds. */
  takeOrderTimes: () => number[];
  /** Resolves once everything that was begun is accepted. */
  stop: () => Promise<void>;
}

/** Sends work of all kinds, each at regular intervals, until it is stopped. */
export async function startMixedLoad(info: StackInfo, unitsPerSecond: number): Promise<MixedLoad> {
  const { send, sendOnce, refusals } = createPersistentClient({
    url: () => info.urls.api,
    apiKey: info.apiKey,
  });
  const database = new pg.Pool({ connectionString: info.urls.database, max: 4 });
  database.on('error', () => undefined);
  const setUp = await database.connect();
  await addStockLevels(setUp).finally(() => setUp.release());

  const once = async (request: OneRequest): Promise<void> => {
    const { status } = await sendOnce(request);
    if (status >= 300) throw new Error(`status ${status}`);
  };
  let numbers = 0;
  /** Addresses of users. */
  const registered: string[] = [];
  const register = async (): Promise<Record<string, unknown>> => {
    const name = `endurance-${numbers++}`;
    const email = `${name}@example.com`;
    const user = await send('POST', '/api/auth/register', {
      email,
      name,
      password: 'correct horse battery staple',
    });
    registered.push(email);
    return user;
  };
  const customer = await register();
  const order = {
    userId: customer.id,
    currency: 'EUR',
    items: [{ sku: 'made-to-order', quantity: 1, unitAmount: 450 }],
    paymentMethod: 'pm_card_visa',
  };
  let orderTimes: number[] = [];
  const senders: Record<Kind, () => Promise<unknown>> = {
    registrations: register,
    async orders() {
      const begin = performance.now();
      await send('POST', '/api/orders', order);
      orderTimes.push(performance.now() - begin);
    },
    orderMessages: () => send('POST', '/api/order-messages', order),
    passwordResets: () =>
      once({
        method: 'POST',
        path: '/api/auth/forgot-password',
        body: { email: registered[Math.floor(Math.random() * registered.length)] },
      }),
    emails: () =>
      database
        .query(
          `INSERT INTO emails (recipient, subject, body_text) VALUES ('endurance@example.com', 'Hello', 'Hello.')`,
        )
        .catch((error: unknown) => {
          const what = `INSERT INTO emails: ${errorMessage(error)}`;
          refusals.set(what, (refusals.get(what) ?? 0) + 1);
          throw error;
        }),
    workItems: () =>
      send('POST', '/api/work-items', {
        kind: 'adjust-stock',
        payload: { sku: `bench-${numbers++ % SKUS}`, delta: 1, reason: 'delivery' },
      }),
    lists: () => once({ method: 'GET', path: '/api/jobs?limit=20' }),
    bulkJobs: () => {
      const first = numbers;
      numbers += BULK_ITEMS;
      return once({
        method: 'POST',
        path: '/api/bulk-jobs?task=import-products',
        body: Array.from({ length: BULK_ITEMS }, (_, index) =>
          JSON.stringify({
            sku: `endurance-${first + index}`,
            name: 'Tea',
            unitAmount: 450,
            currency: 'EUR',
          }),
        ).join('\n'),
        contentType: 'application/x-ndjson',
      });
    },
    triggers: () => once({ method: 'POST', path: `/api/schedules/${nextSchedule()}/trigger` }),
  };

  let triggers = 0;
  let growing = 0;
  const beganAt = performance.now();
  const nextSchedule = (): string => {
    if (performance.now() - beganAt > (growing * GROWING_EVERY_MS) / GROWING.length)
      return GROWING[growing++ % GROWING.length] ?? GROWING[0];
    return SCHEDULES[triggers++ % SCHEDULES.length] ?? SCHEDULES[0];
  };

  const stopping = new AbortController();
  const accepted = Object.fromEntries(Object.keys(UNITS).map((kind) => [kind, 0])) as Record<Kind, number>;
  let leftOut = 0;
  let rate = unitsPerSecond;
  const sendRegularly = async (kind: Kind): Promise<void> => {
    const underWay = new Set<Promise<void>>();
    let next = performance.now();
    for (;;) {
      next += 1_000 / (rate * UNITS[kind]);
      try {
        await delay(Math.max(0, next - performance.now()), undefined, { signal: stopping.signal });
      } catch {
        break;
      }
      if (underWay.size >= MOST_UNDER_WAY) {
        leftOut++;
        continue;
      }
      const sending = senders[kind]().then(
        () => {
          accepted[kind]++;
        },
        // The client has counted why.
        () => undefined,
      );
      underWay.add(sending);
      void sending.finally(() => underWay.delete(sending));
    }
    await Promise.all(underWay);
  };
  const kinds = (Object.keys(UNITS) as Kind[]).map(sendRegularly);
  return {
    setRate: (units) => {
      rate = units;
    },
    accepted,
    get leftOut() {
      return leftOut;
    },
    refusals,
    takeOrderTimes() {
      const times = orderTimes;
      orderTimes = [];
      return times;
    },
    async stop() {
      stopping.abort();
      await Promise.all(kinds);
      await database.end();
    },
  };
}
