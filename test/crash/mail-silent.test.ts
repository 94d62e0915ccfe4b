import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import type { ServiceView } from '../../packages/durable-jobs/src/hosted-services/read-services.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { placeOrder, registerUser } from '../support/job-actions.ts';
import { eventually } from '../support/jobs.ts';
import { startWorker, type ServiceProcess } from '../support/processes.ts';
import { useService } from '../support/service.ts';

/** More than all activity slots of two workers when emails shared a task queue with everything else. */
const EMAILS = 150;

/** Another process takes over within seconds, but not while other tests of this kind keep all cores busy. */
const TAKE_OVER_MS = 180_000;

const service = useService({ workers: false });
const workers: ServiceProcess[] = [];

/** A mail server that accepts connections and never responds. */
const connections = new Set<Socket>();
let silent: Server;

beforeEach(async () => {
  silent = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined).on('close', () => connections.delete(socket));
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const env = { SMTP_URL: `smtp://127.0.0.1:${port}`, OUTBOX_STARTS_PER_SECOND: '1000' };
  workers.push(await startWorker(service, env), await startWorker(service, env));
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  for (const socket of connections) socket.destroy();
  silent.close();
  await once(silent, 'close');
});

const view = async (id: string): Promise<ServiceView> =>
  (await service.request('GET', `/api/services/${id}`)).body as ServiceView;

/** Commits the starts of welcome emails, like processes that die immediately afterwards; the relay makes them. */
async function commitWelcomes(count: number): Promise<void> {
  await service.db.transaction().execute(async (trx) => {
    const users = await sql<{ id: string }>`
      INSERT INTO users (email, name, password_hash)
      SELECT 'silent-' || n || '@example.com', 'Ada', '-' FROM generate_series(1, ${count}::integer) AS n
      RETURNING id`.execute(trx);
    for (const { id: userId } of users.rows) await enqueueStart(trx, sendWelcomeEmail, { userId });
  });
  await service.db
    .updateTable('outbox')
    .set({ nextAttemptAt: new Date(0) })
    .execute();
}

it('a mail server that says nothing delays emails alone: orders are paid, and services are taken over', async () => {
  const { id: userId } = await registerUser(service);
  await commitWelcomes(EMAILS);
  await sql`
    INSERT INTO emails (recipient, subject, body_text)
    SELECT 'ada-' || n || '@example.com', 'Hello', 'Hello' FROM generate_series(1, 50) AS n`.execute(
    service.db,
  );
  // Their attempts are in progress, or wait for a slot.
  await eventually(async () => {
    const { count } = await service.client.workflow.count(
      `WorkflowType = 'sendWelcomeEmail' AND ExecutionStatus = 'Running'`,
    );
    expect(count).toBeGreaterThanOrEqual(EMAILS);
  }, TAKE_OVER_MS);
  await eventually(() => expect(connections.size).toBeGreaterThan(0));

  const placed = await Promise.all(Array.from({ length: 10 }, () => placeOrder(service, userId)));
  await eventually(async () => {
    const paid = await service.db
      .selectFrom('orders')
      .select('id')
      .where('status', '=', 'completed')
      .execute();
    expect(paid.map(({ id }) => id).toSorted()).toEqual(placed.map(({ id }) => id).toSorted());
  }, TAKE_OVER_MS);

  const { worker } = await eventually(async () => {
    const found = await view('outbox-relay');
    expect(found).toMatchObject({ state: 'running', worker: expect.any(String) as string });
    return found;
  }, TAKE_OVER_MS);
  const victim = Number(worker?.split('@')[0]);
  process.kill(victim, 'SIGKILL');
  await eventually(async () => {
    const now = await view('outbox-relay');
    expect(now.state).toBe('running');
    expect(now.worker).not.toBe(worker);
  }, TAKE_OVER_MS);
  // None was sent, and none is lost: they are retried until the server responds.
  const { sent } = await service.db
    .selectFrom('emails')
    .select(({ fn }) => fn.countAll<number>().as('sent'))
    .where('status', 'in', ['sent', 'dead'])
    .executeTakeFirstOrThrow();
  expect(sent).toBe(0);
});
