import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { pauseBulkSignal } from '../../packages/durable-jobs/src/bulk/signals.ts';
import { pauseJobSignal } from '../../packages/durable-jobs/src/jobs/signals.ts';
import { pauseServiceSignal } from '../../packages/durable-jobs/src/hosted-services/signals.ts';
import { requestPasswordResetSignal } from '../../contracts/messages.ts';
import { heldImport } from '../support/bulk.ts';
import { acted, moveToSoon, placeOrder, registerUser } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { recordHistory } from '../support/record-history.ts';
import { relayNow } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

// By default, the engine suggests this after 4,096 events.
const engine = useOwnEngine(['limit.historyCount.suggestContinueAsNew=40']);
const service = useService({
  temporalAddress: engine.address,
  hostedServices: ['pending-emails'],
  config: { PASSWORD_RESET_DELAY: 3_600_000 },
});

const runOf = async (jobId: string): Promise<string> =>
  (await service.client.workflow.getHandle(jobId).describe()).runId;

/** Sends messages until a job has continued as new, and returns its previous run. */
async function untilContinued(jobId: string, send: () => Promise<void>): Promise<string> {
  // Its start is made in the background.
  const first = await eventually(() => runOf(jobId));
  await eventually(async () => {
    await send();
    expect(await runOf(jobId)).not.toBe(first);
  });
  return first;
}

it('keeps the newest request of an account, and what an operator requested, through any number of messages', async () => {
  const { id, email } = await registerUser(service);
  const forgot = () => service.request('POST', '/api/auth/forgot-password', { email });
  await forgot();
  await forgot();
  // On a busy machine, a start that has waited for seconds behind an earlier one of its job is left to the relay.
  await relayNow(service);
  const { links } = (await service.request('GET', `/api/users/${id}`)).body as {
    links: { passwordResetJob: string };
  };
  const jobId = links.passwordResetJob.replace('/api/jobs/', '');
  await jobWithStatus(service, jobId, 'waiting');
  await acted(service, jobId, 'reschedule', { at: new Date(Date.now() + 7_200_000).toISOString() });
  await acted(service, jobId, 'pause');
  const first = await untilContinued(jobId, () =>
    service.client.workflow.getHandle(jobId).signal(pauseJobSignal, {}),
  );
  await jobWithStatus(service, jobId, 'paused');
  await acted(service, jobId, 'resume');
  const waiting = await jobWithStatus(service, jobId, 'waiting');
  expect(Date.parse(waiting.plannedAttempts[0] ?? '') - Date.now()).toBeGreaterThan(7_000_000);
  // A request that is already known, as the relay repeats one.
  await untilContinued(jobId, () =>
    service.client.workflow.getHandle(jobId).signal(requestPasswordResetSignal, {
      requestId: randomUUID(),
      requestedAt: new Date(0).toISOString(),
    }),
  );
  await jobWithStatus(service, jobId, 'waiting');
  await moveToSoon(service, jobId);
  await jobWithStatus(service, jobId, 'completed');
  const requests = await service.db
    .selectFrom('passwordResets')
    .select('sentAt')
    .where('email', '=', email)
    .orderBy('requestedAt')
    .execute();
  expect(requests.map(({ sentAt }) => sentAt !== null)).toEqual([false, true]);
  await recordHistory(service, jobId, 'continued-while-paused', first);
  await recordHistory(service, jobId, 'continued');
});

it('keeps erasing a person whose last job takes long to end', async () => {
  const { id: userId } = await registerUser(service);
  const { id: orderId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
  await jobWithStatus(service, `process-order:${orderId}`, 'waiting');
  // Its payment cannot be returned for now.
  await service.fault({ kind: 'status', status: 503, times: 10_000 });
  const { body } = await service.request('DELETE', `/api/subjects/${userId}`);
  const { jobId } = body as { jobId: string };
  const first = await untilContinued(jobId, () => Promise.resolve());
  await recordHistory(service, jobId, 'continued-as-new', first);
  await jobWithStatus(service, jobId, 'waiting');
  await service.clearFaults();
});

it('keeps a hosted service paused through any number of messages', async () => {
  const jobId = 'host-service:pending-emails';
  const status = async () =>
    ((await service.request('GET', '/api/services/pending-emails')).body as { state: string }).state;
  await eventually(async () => expect(await status()).toBe('running'));
  await service.request('POST', '/api/services/pending-emails/pause');
  await eventually(async () => expect(await status()).toBe('paused'));
  const first = await untilContinued(jobId, () =>
    service.client.workflow.getHandle(jobId).signal(pauseServiceSignal),
  );
  await recordHistory(service, jobId, 'continued-while-paused', first);
  await eventually(async () => expect(await status()).toBe('paused'));
  await service.request('POST', '/api/services/pending-emails/resume');
  await eventually(async () => expect(await status()).toBe('running'));
});

it('keeps a bulk job paused through any number of messages, and does its items once', async () => {
  // Its one batch is in progress when it is paused, and stops after its chunk.
  const { id, jobId, release } = await heldImport(service, 1_500);
  const read = async () =>
    (await service.request('GET', `/api/bulk-jobs/${id}`)).body as {
      status: string;
      counts: { done: number };
    };
  await service.request('POST', `/api/bulk-jobs/${id}/pause`);
  await eventually(async () => expect((await read()).status).toBe('paused'));
  await release();
  const first = await untilContinued(jobId, () =>
    service.client.workflow.getHandle(jobId).signal(pauseBulkSignal),
  );
  await recordHistory(service, jobId, 'continued-while-paused', first);
  const second = await untilContinued(jobId, () =>
    service.client.workflow.getHandle(jobId).signal(pauseBulkSignal),
  );
  await recordHistory(service, jobId, 'continued-again', second);
  const paused = await read();
  expect(paused.status).toBe('paused');
  expect(paused.counts.done).toBeLessThan(1_500);
  await service.request('POST', `/api/bulk-jobs/${id}/resume`);
  await eventually(async () =>
    expect(await read()).toMatchObject({ status: 'completed', counts: { done: 1_500 } }),
  );
});
