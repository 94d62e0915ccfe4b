import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { startWorker, type ServiceProcess } from '../support/processes.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false, config: { PASSWORD_RESET_DELAY: 20_000 } });
const workers: ServiceProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

async function worker(): Promise<ServiceProcess> {
  const started = await startWorker(service);
  workers.push(started);
  return started;
}

async function kill(victim: ServiceProcess): Promise<void> {
  workers.splice(workers.indexOf(victim), 1);
  await victim.kill();
}

async function register(): Promise<{ id: string; email: string }> {
  const email = `ada-${randomUUID()}@example.com`;
  const { body } = await service.request('POST', '/api/auth/register', {
    email,
    name: 'Ada',
    password: 'old password',
  });
  return { id: (body as { id: string }).id, email };
}

async function placeOrder(userId: string): Promise<{ id: string; jobId: string }> {
  const { body } = await service.request('POST', '/api/orders', {
    userId,
    currency: 'EUR',
    items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
    paymentMethod: 'pm_card_visa',
  });
  return body as { id: string; jobId: string };
}

it('a worker that is killed between a charge and its completion leaves exactly one charge', async () => {
  const first = await worker();
  const { id: userId } = await register();
  // The provider takes the money, and its response arrives when the worker is dead.
  await service.fault({ times: 1, kind: 'delay', delayMs: 600_000, match: { path: '/confirm' } });
  const { id, jobId } = await placeOrder(userId);
  await eventually(async () => expect((await service.ledger(id)).charges).toHaveLength(1));
  await kill(first);
  await service.clearFaults();
  expect((await service.request('GET', `/api/orders/${id}`)).body).toMatchObject({ status: 'pending' });

  await worker();
  // The engine notices the missing heartbeat and plans the next attempt.
  const lost = await eventually(async () => {
    const job = await jobWithStatus(service, jobId, 'retrying');
    expect(job.attempts[0]).toMatchObject({ number: 1, error: { code: 'Timeout' } });
    return job;
  }, 120_000);
  expect(lost.plannedAttempts).toHaveLength(3);
  await attemptNow(service, jobId);
  const job = await jobWithStatus(service, jobId, 'completed');
  expect(
    job.attempts.filter(({ activity }) => activity === 'chargeOrder').map(({ number }) => number),
  ).toEqual([1, 2]);
  const { charges, refunds } = await service.ledger(id);
  expect(charges).toMatchObject([{ amountMinor: 900 }]);
  expect(refunds).toEqual([]);
});

it('a reset email that waits goes out, once, although its worker is killed meanwhile', async () => {
  const first = await worker();
  const { id, email } = await register();
  await service.request('POST', '/api/auth/forgot-password', { email });
  const user = await service.request('GET', `/api/users/${id}`);
  const { passwordResetJob } = (user.body as { links: { passwordResetJob: string } }).links;
  const jobId = passwordResetJob.replace('/api/jobs/', '');
  await jobWithStatus(service, jobId, 'waiting');
  await kill(first);
  await worker();
  await jobWithStatus(service, jobId, 'completed');
  expect(service.mail.to(email).filter((mail) => mail.subject === 'Reset your password')).toHaveLength(1);
});

it('an email whose worker is killed while it is sent is sent by another one as soon as the heartbeat is missed', async () => {
  const connections = new Set<Socket>();
  const silent = createServer((socket) => void connections.add(socket.on('error', () => undefined)));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  try {
    const env = { SMTP_URL: `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}` };
    const first = await startWorker(service, env);
    workers.push(first);
    const { id, email } = await register();
    await eventually(async () => {
      const emails = service.db.selectFrom('emails').where('recipient', '=', email);
      const { leasedUntil } = await emails.select('leasedUntil').executeTakeFirstOrThrow();
      expect(leasedUntil).not.toBeNull();
    });
    await kill(first);
    await worker();
    const jobId = `send-welcome-email:${id}`;
    await jobWithStatus(service, jobId, 'completed');
    const { events } = await service.client.workflow.getHandle(jobId).fetchHistory();
    const [lost] = (events ?? []).flatMap(
      ({ activityTaskStartedEventAttributes: started }) => started?.lastFailure?.message ?? [],
    );
    // The failure of the first attempt, which the mail server's silence ended if the kill was late, or of a second one, which began while the
    // first could still be sending.
    expect(lost).toMatch(
      /^(?:activity Heartbeat timeout|an earlier attempt may still be sending the email|the mail server could not accept .*)$/,
    );
    expect(service.mail.to(email)).toHaveLength(1);
  } finally {
    for (const connection of connections) connection.destroy();
    silent.close();
  }
});

it('a worker that is asked to stop lets a charge end first, and exits with 0', async () => {
  const first = await worker();
  const { id: userId } = await register();
  await service.fault({ times: 1, kind: 'delay', delayMs: 600_000, match: { path: '/confirm' } });
  const { id, jobId } = await placeOrder(userId);
  await eventually(async () => expect((await service.ledger(id)).charges).toHaveLength(1));
  workers.splice(workers.indexOf(first), 1);
  const stopped = first.stop();
  // The response arrives when the worker is already stopping.
  await eventually(async () => expect(await first.output()).toContain('the worker is stopping'));
  await service.clearFaults();
  expect(await stopped).toBe(0);
  expect((await service.request('GET', `/api/orders/${id}`)).body).toMatchObject({ status: 'paid' });
  await worker();
  const job = await jobWithStatus(service, jobId, 'completed');
  expect(job.attempts.filter(({ activity }) => activity === 'chargeOrder')).toHaveLength(1);
});
