import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { failureTypes } from '../../contracts/errors.ts';
import type { PayloadPolicy } from '../../packages/durable-jobs/src/config/payload-policy.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { newKey, withKeys } from '../support/key-rotation.ts';
import { startWorker, type ServiceProcess } from '../support/processes.ts';
import { useService, type Service } from '../support/service.ts';

const payloadKeys = newKey('k1');

type StartedEvent = temporal.api.history.v1.IWorkflowExecutionStartedEventAttributes;

/** Calls `act` as a client that reaches the engine and has no key. */
async function withoutKey<T>(service: Service, act: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: service.temporalAddress });
  try {
    return await act(new Client({ connection, namespace: service.namespace }));
  } finally {
    await connection.close();
  }
}

async function register(service: Service): Promise<{ jobId: string; email: string }> {
  const email = `ada-${randomUUID()}@example.com`;
  const body = { email, name: 'Ada', password: 'correct horse' };
  const answer = await service.request('POST', '/api/auth/register', body);
  expect(answer.status).toBe(201);
  return { email, jobId: (answer.body as { jobId: string }).jobId };
}

/** Starts a job whose input is the encrypted input of another job. */
function startWithInputOf(service: Service, jobId: string, ownId: string): Promise<void> {
  return withoutKey(service, async (client) => {
    const { events } = await client.workflow.getHandle(jobId).fetchHistory();
    const started = events?.[0]?.workflowExecutionStartedEventAttributes as StartedEvent;
    await client.workflowService.startWorkflowExecution({
      namespace: service.namespace,
      workflowId: ownId,
      requestId: randomUUID(),
      workflowType: started.workflowType ?? null,
      taskQueue: started.taskQueue ?? null,
      input: started.input ?? null,
    });
  });
}

/** The types of the failures of a job's own code, which are not encrypted. */
async function codeFailures(service: Service, jobId: string): Promise<(string | null | undefined)[]> {
  const { events = [] } = await withoutKey(service, (client) =>
    client.workflow.getHandle(jobId).fetchHistory(),
  );
  return (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed ? [failed.failure?.applicationFailureInfo?.type] : [],
  );
}

const refusal = (service: Service, jobId: string) =>
  eventually(
    async () => expect(await codeFailures(service, jobId)).toContain(failureTypes.payloadRefused),
    60_000,
  );

describe('an encrypted input that is moved', () => {
  const service = useService({ payloadKeys, payloadEncryption: 'bound' });

  it('to another job is refused, and shown as unreadable; nothing is done with it', async () => {
    const victim = await register(service);
    await jobWithStatus(service, victim.jobId, 'completed');
    const mails = () => service.mail.to(victim.email).length;
    expect(mails()).toBe(1);
    const moved = `send-welcome-email:${randomUUID()}`;
    await startWithInputOf(service, victim.jobId, moved);
    await refusal(service, moved);
    const { body } = await service.request('GET', `/api/jobs/${moved}`);
    expect(body).toMatchObject({ status: 'running' });
    const handle = service.client.workflow.getHandle(moved);
    await handle.terminate();
    await eventually(async () => {
      expect(await service.request('POST', `/api/jobs/${moved}/retry`)).toMatchObject({
        status: 409,
        body: {
          code: 'job_not_retryable',
          detail: 'The input of the job cannot be read: [unreadable here].',
        },
      });
    });
    expect(mails()).toBe(1);
  });

  it('within its own job does not count: a reset run reads the input again', async () => {
    const user = await register(service);
    await jobWithStatus(service, user.jobId, 'completed');
    const { client, namespace } = service;
    const first = await client.workflow.getHandle(user.jobId).describe();
    const { runId } = await client.workflowService.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId: user.jobId, runId: first.runId },
      workflowTaskFinishEventId: 4 as never,
      requestId: randomUUID(),
      reason: 'a test',
    });
    expect(await client.workflow.getHandle(user.jobId, runId).result()).toHaveProperty('emailId');
  });
});

describe('payloads that PAYLOAD_ENCRYPTION refuses', () => {
  const service = useService({ workers: false });
  let worker: ServiceProcess | undefined;
  const restart = async (PAYLOAD_ENCRYPTION: PayloadPolicy | undefined): Promise<void> => {
    await worker?.stop();
    worker =
      PAYLOAD_ENCRYPTION && (await startWorker(service, { PAYLOAD_KEYS: payloadKeys, PAYLOAD_ENCRYPTION }));
  };
  /** Starts a job like a process with this policy, or without any key. */
  const start = async (policy: PayloadPolicy | undefined): Promise<string> => {
    const id = `delete-expired:${randomUUID()}`;
    const client = (act: (client: Client) => Promise<unknown>) =>
      policy ? withKeys(service, payloadKeys, act, policy) : withoutKey(service, act);
    await client(({ workflow }) =>
      workflow.start('deleteExpired', { workflowId: id, taskQueue: 'jobs', args: [{}] }),
    );
    return id;
  };
  const completed = (id: string) =>
    eventually(async () => {
      const { status } = await service.client.workflow.getHandle(id).describe();
      expect(status.name).toBe('COMPLETED');
    }, 60_000);

  it('waits, and continues after the setting is changed', { timeout: 300_000 }, async () => {
    const [plain, older, bound] = [await start(undefined), await start('unbound'), await start('any')];
    await restart('bound');
    await completed(bound);
    await refusal(service, plain);
    await refusal(service, older);
    await restart('encrypted');
    await completed(older);
    await restart('any');
    await completed(plain);
    await restart(undefined);
  });
});
