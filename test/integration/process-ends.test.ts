import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { runCommand } from '../support/run-command.ts';
import { startApi, startWorker } from '../support/processes.ts';
import { useService } from '../support/service.ts';

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
  })().catch(() => 'refused');

  const slow = connect(Number(port), hostname);
  await once(slow, 'connect');
  slow.on('error', () => undefined);
  slow.write(
    'POST /api/auth/register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  );

  expect(await api.stop()).toBe(0);
  expect(await busy).toBe('refused');
  slow.destroy();
  agent.destroy();
});
