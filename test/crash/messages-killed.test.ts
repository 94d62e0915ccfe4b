import { afterEach, describe, expect, inject, it } from 'vitest';
import { createAmqpBroker } from '../../packages/durable-jobs/src/messages/broker/amqp-broker.ts';
import type { Broker } from '../../packages/durable-jobs/src/messages/broker/broker.ts';
import { createPostgresBroker } from '../../packages/durable-jobs/src/messages/broker/postgres-broker.ts';
import { eventually } from '../support/jobs.ts';
import { orderMessage, orderOf, registerUser, send } from '../support/order-messages.ts';
import { startWorker, type ServiceProcess } from '../support/processes.ts';
import { createVirtualHost } from '../support/rabbitmq.ts';
import { useService } from '../support/service.ts';
import { slowInserts } from '../support/slow-inserts.ts';

/** Another worker takes over the services of a killed one, and makes the remaining starts. */
const TAKE_OVER_MS = 300_000;
/** Number of messages: far more than the two workers that end on the way have taken when they end. */
const BACKLOG = 300;
/** Hundreds of payments, with their emails, on a machine with two busy cores. */
const CHARGES_MS = 300_000;

const rabbitMq = inject('rabbitMq');
const workers: ServiceProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

interface Subject {
  broker: Broker;
  env: NodeJS.ProcessEnv;
  close: () => Promise<void>;
}

const subjects: {
  name: string;
  open: (service: ReturnType<typeof useService>) => Promise<Subject>;
  missing?: string | undefined;
}[] = [
  {
    name: 'the embedded queue',
    open: (service) =>
      Promise.resolve({
        broker: createPostgresBroker(service.db),
        env: {},
        close: () => Promise.resolve(),
      }),
  },
  {
    name: 'RabbitMQ',
    missing: rabbitMq.howToGet,
    open: async () => {
      if (rabbitMq.amqpUrl === undefined) throw new Error(rabbitMq.howToGet);
      const host = await createVirtualHost(rabbitMq);
      return {
        broker: createAmqpBroker({
          url: host.amqpUrl,
          idleTimeoutMs: 30_000,
          name: 'test',
          addressOf: () => host.queueAddress,
        }),
        env: { AMQP_URL: host.amqpUrl, AMQP_QUEUE: host.queueAddress },
        close: host.remove,
      };
    },
  },
];

/** The order of each charge at the provider. */
async function charged(service: ReturnType<typeof useService>): Promise<string[]> {
  const answer = await fetch(`${service.sandboxUrl}/_control/ledger`);
  const { charges } = (await answer.json()) as { charges: { metadata: { orderId: string } }[] };
  return charges.map(({ metadata }) => metadata.orderId);
}

for (const { name, open, missing } of subjects) {
  describe.skipIf(missing !== undefined)(`a backlog of messages in ${name} ${missing ?? ''}`, () => {
    const service = useService({ workers: false });

    const started = async (): Promise<number> => {
      const { count } = await service.db
        .selectFrom('orderMessages')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    };

    it(
      'starts one job for each order, though one worker is killed on the way and another one is stopped',
      { timeout: 1_200_000 },
      async () => {
        const userId = await registerUser(service);
        const { broker, env, close } = await open(service);
        try {
          const messages = Array.from({ length: BACKLOG }, () => orderMessage(orderOf(userId)));
          await send(broker, ...messages);
          const hurry = await slowInserts(service.db, 'orders', 0.2);
          const worker = async (queues: string, credit: number): Promise<ServiceProcess> => {
            const process = await startWorker(service, {
              ...env,
              WORKER_TASK_QUEUES: queues,
              ORDER_CONSUMER_CREDIT: String(credit),
              PAYMENTS_PER_SECOND: '1000',
            });
            workers.push(process);
            return process;
          };

          const first = await worker('jobs,mail,services', 2);
          await eventually(async () => expect(await started()).toBeGreaterThan(20), TAKE_OVER_MS);
          workers.splice(0);
          await first.kill();
          const atKill = await started();
          expect(atKill).toBeLessThan(BACKLOG);

          const second = await worker('jobs,mail,services', 2);
          await eventually(async () => expect(await started()).toBeGreaterThan(atKill + 20), TAKE_OVER_MS);
          workers.splice(0);
          expect(await second.stop()).toBe(0);
          const atStop = await started();
          expect(atStop).toBeLessThan(BACKLOG);
          await hurry();

          // The payments begin with this one.
          await worker('jobs,mail,payments,services', 10);
          await eventually(async () => expect(await started()).toBe(BACKLOG), TAKE_OVER_MS);
          // Every committed start is made: the engine has one workflow for each order, and none twice.
          await eventually(async () => {
            const { count } = await service.client.workflow.count(`WorkflowType = 'processOrder'`);
            expect(count).toBe(BACKLOG);
          }, TAKE_OVER_MS);
          const starts = await service.db
            .selectFrom('outbox')
            .select(({ fn }) => [
              fn.countAll<number>().as('all'),
              fn.count<number>('jobId').distinct().as('jobs'),
            ])
            .where('jobType', '=', 'processOrder')
            .executeTakeFirstOrThrow();
          expect(starts).toEqual({ all: BACKLOG, jobs: BACKLOG });
          await eventually(async () => expect(await charged(service)).toHaveLength(BACKLOG), CHARGES_MS);
          expect((await charged(service)).toSorted()).toEqual(messages.map(({ id }) => id ?? '').toSorted());
          const orders = await service.db.selectFrom('orders').select('id').execute();
          expect(orders.map(({ id }) => id).toSorted()).toEqual(
            messages.map(({ id }) => id ?? '').toSorted(),
          );
          expect(await service.db.selectFrom('deadLetters').selectAll().execute()).toEqual([]);
        } finally {
          await Promise.all(workers.splice(0).map((one) => one.stop()));
          await close();
        }
      },
    );
  });
}
