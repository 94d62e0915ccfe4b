import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { lockStockLevel } from '../../domain/orders/stock.ts';
import { holdRows, untilLocksAreAwaited } from '../support/hold-rows.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { runCommand } from '../support/run-command.ts';
import { startApi, startWorker } from '../support/processes.ts';
import { request, useService } from '../support/service.ts';

const { CommandType } = proto.temporal.api.enums.v1;

const service = useService({ workers: false });

it('a worker whose namespace does not exist exits with 1, so that its supervisor can restart it', async () => {
  const starting = startWorker(service, { TEMPORAL_NAMESPACE: 'not-there' });
  await expect(starting).rejects.toThrow(/exited|ended|code 1/i);
});

it('a worker whose code does not replay an open job exits with 3 while other code runs it, and starts when none does', async () => {
  const { client } = service;
  const running = await client.workflow.start('syncPayments', {
    taskQueue: 'jobs',
    workflowId: 'sync-payments:changed',
    args: [{}],
  });
  const other = await runOtherCode(client);
  await eventually(async () => {
    expect((await client.workflow.count(`WorkflowId = '${running.workflowId}'`)).count).toBe(1);
  });

  const refused = startWorker(service, { WORKER_REPLAY: 'refuse' });
  await expect(refused).rejects.toThrow('exited with code 3');
  await expect(refused).rejects.toThrow(
    `syncPayments ${running.workflowId} (run ${running.firstExecutionRunId}): nondeterministic: Nondeterminism error`,
  );
  await expect(refused).rejects.toThrow(
    `The jobs continue on the workers with other code: ${other.identity}.`,
  );
  // It has not polled: no code but the other has run the job.
  const { events = [] } = await running.fetchHistory();
  expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);

  const command = await runCommand(service, 'local/replay.ts', ['--from', service.namespace]);
  expect(command.code).toBe(1);
  expect(command.err).toContain(
    '1 of 1 open jobs of the sample do not replay: put the change to the workflow behind patched(), or, if a newer release',
  );
  expect(command.out).toMatch(
    /^TYPE +OPEN +REPLAYED +FAILED +STUCK +UNCHECKED\nsyncPayments +1 +0 +1 +0 +0\n✗ syncPayments sync-payments:changed /,
  );
  expect(command.out).toContain('\nReplayed 1 of 1 open jobs.\n');

  await other.stop();
  const worker = await startWorker(service, { WORKER_REPLAY: 'refuse' });
  expect(await worker.output()).toContain('no worker with other code runs them');
  expect(await worker.stop()).toBe(0);
});

/**
 * Completes the first workflow task of the queue as code would that starts with a timer, and polls the queue as a process of this machine
 * until it is stopped.
 */
async function runOtherCode({
  connection,
  workflowService,
  options: { namespace },
}: Client): Promise<{ identity: string; stop: () => Promise<void> }> {
  const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)'], {
    stdio: 'ignore',
  });
  const identity = `${sleeper.pid}@${hostname()}`;
  const stopping = new AbortController();
  const poll = () =>
    connection.withDeadline(Date.now() + 60_000, () =>
      connection.withAbortSignal(stopping.signal, () =>
        workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: 'jobs' }, identity }),
      ),
    );
  const { taskToken } = await poll();
  await workflowService.respondWorkflowTaskCompleted({
    namespace,
    taskToken,
    identity,
    commands: [
      {
        commandType: CommandType.COMMAND_TYPE_START_TIMER,
        startTimerCommandAttributes: { timerId: '1', startToFireTimeout: { seconds: 3_600 as never } },
      },
    ],
  });
  const polling = (async () => {
    while (!stopping.signal.aborted) await poll().catch(() => undefined);
  })();
  const ended = once(sleeper, 'exit');
  const stop = async (): Promise<void> => {
    stopping.abort();
    await polling;
    sleeper.kill();
    await ended;
  };
  onTestFinished(stop);
  return { identity, stop };
}

it('an API that is asked to stop ends although one client keeps its connection busy and another never ends its request', async () => {
  const api = await startApi(service, { API_SHUTDOWN_GRACE: '500ms' });
  const { hostname, port } = new URL(api.url);

  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      httpRequest(`${api.url}/healthz`, { agent }, (response) => {
        response.resume().on('end', resolve).on('error', reject);
      })
        .on('error', reject)
        .end();
    });
  await ask();
  const busy = (async () => {
    for (;;) await ask();
  })().catch(() => 'no longer answered');

  const slow = connect(Number(port), hostname);
  await once(slow, 'connect');
  slow.on('error', () => undefined);
  slow.write(
    'POST /api/auth/register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  );

  expect(await api.stop()).toBe(0);
  expect(await busy).toBe('no longer answered');
  slow.destroy();
  agent.destroy();
});

it('an API that is asked to stop answers the request in progress, and then ends', async () => {
  const api = await startApi(service);
  const setLevel = (available: number) => request(api.url, 'PUT', '/api/stock/tea', { available });
  expect((await setLevel(1)).status).toBe(200);
  const release = await holdRows(service.db, (trx) => lockStockLevel(trx, 'tea'));
  onTestFinished(release);
  const answer = setLevel(7);
  await untilLocksAreAwaited(service.db, 1);

  const stopped = api.stop();
  await eventually(async () => expect(await api.output()).toContain('the API is stopping'));
  // It no longer listens: what follows depends on the request in progress alone.
  await eventually(() => expect(fetch(`${api.url}/healthz`)).rejects.toThrow());
  await release();
  const { status, headers, body } = await answer;
  expect(status).toBe(200);
  expect(headers.get('connection')).toBe('close');
  expect(body).toEqual({ sku: 'tea', available: 7 });
  expect(await stopped).toBe(0);
});

it('an API whose engine cannot be reached says so, and stops all the same', async () => {
  const api = await startApi(service, { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  await eventually(async () => expect(await api.output()).toContain('the engine cannot be reached'));
  expect(await api.stop()).toBe(0);
});

it('a worker that is asked to stop cancels an attempt that outlasts its grace period, and another worker repeats it', async () => {
  const first = await startWorker(service, { WORKER_SHUTDOWN_GRACE: '500ms' });
  const release = await holdRows(service.db, (trx) =>
    sql`LOCK TABLE users IN ACCESS EXCLUSIVE MODE`.execute(trx),
  );
  onTestFinished(release);
  const started = await service.request('POST', '/api/jobs', { type: 'refreshStatistics', input: {} });
  const { jobId } = started.body as { jobId: string };
  const waitingRefreshes = async (): Promise<number> => {
    const { rows } = await sql`
      SELECT FROM pg_stat_activity WHERE query LIKE 'REFRESH %' AND wait_event_type = 'Lock'
        AND datname = current_database()`.execute(service.db);
    return rows.length;
  };
  await eventually(async () => expect(await waitingRefreshes()).toBe(1));

  // Only its cancellation ends the attempt: the lock is still held.
  expect(await first.stop()).toBe(0);
  expect(await waitingRefreshes()).toBe(0);
  await jobWithStatus(service, jobId, 'retrying');
  await release();
  const second = await startWorker(service);
  onTestFinished(async () => {
    await second.stop();
  });
  await attemptNow(service, jobId);
  const job = await jobWithStatus(service, jobId, 'completed');
  expect(job.attempts).toMatchObject([
    {
      number: 1,
      startedAt: expect.any(String) as string,
      error: { code: 'WorkerShutdown', message: 'the worker stopped before the attempt ended' },
    },
    { number: 2, error: null },
  ]);
});

it('a worker that is asked to stop exits with 1 if an attempt does not end when it is cancelled', async () => {
  const worker = await startWorker(service, { WORKER_SHUTDOWN_GRACE: '100ms', PAYMENT_TIMEOUT: '10m' });
  const registered = await service.request('POST', '/api/auth/register', {
    email: `ada-${randomUUID()}@example.com`,
    name: 'Ada',
    password: 'old password',
  });
  // Only the result of a charge says whether the money was taken, so it ignores its cancellation.
  await service.fault({ times: 1, kind: 'delay', delayMs: 600_000, match: { path: '/confirm' } });
  onTestFinished(() => service.clearFaults());
  const placed = await service.request('POST', '/api/orders', {
    userId: (registered.body as { id: string }).id,
    currency: 'EUR',
    items: [{ sku: 'coffee', quantity: 1, unitAmount: 900 }],
    paymentMethod: 'pm_card_visa',
  });
  const { id } = placed.body as { id: string };
  await eventually(async () => expect((await service.ledger(id)).charges).toHaveLength(1));
  expect(await worker.stop()).toBe(1);
  expect(await worker.output()).toContain('Timed out while waiting for worker to shutdown gracefully');
});
