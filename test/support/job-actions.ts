import { randomUUID } from 'node:crypto';
import type { ActedOnJob } from '../../packages/durable-jobs/src/jobs/act/http/act-on-job.ts';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import { eventually, jobWithStatus } from './jobs.ts';
import type { Answer, Service } from './service.ts';

/** Registers a user, and returns their id and address. */
export async function registerUser(service: Service): Promise<{ id: string; email: string }> {
  const email = `ada-${randomUUID()}@example.com`;
  const user = { email, name: 'Ada', password: 'correct horse' };
  const { body } = await service.request('POST', '/api/auth/register', user);
  return { id: (body as { id: string }).id, email };
}

/** Places an order of one tea for 450, and returns its id and job. */
export async function placeOrder(
  service: Service,
  userId: string,
  paymentMethod = 'pm_card_visa',
): Promise<{ id: string; jobId: string }> {
  const { body } = await service.request('POST', '/api/orders', {
    userId,
    currency: 'EUR',
    items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
    paymentMethod,
  });
  return body as { id: string; jobId: string };
}

/**
 * An order whose payment has failed permanently, because the provider is unavailable. With `taken`, the money was taken nevertheless: the
 * provider's responses were lost.
 */
export async function failedOrder(
  service: Service,
  userId: string,
  { taken = false } = {},
): Promise<{ id: string; jobId: string }> {
  if (taken) await service.fault({ kind: 'drop-after', times: 5, match: { path: '/confirm' } });
  else await service.fault({ kind: 'status', status: 503, times: 10_000 });
  const order = await placeOrder(service, userId);
  if (taken) {
    await jobWithStatus(service, order.jobId, 'retrying');
    await service.clearFaults();
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
  }
  await eventually(async () => {
    const { body } = await service.request('GET', `/api/jobs/${order.jobId}`);
    const job = body as JobView;
    if (job.status === 'retrying') await act(service, order.jobId, 'retry', { scope: 'attempt' });
    if (job.status !== 'failed') throw new Error(`the job is ${job.status}`);
  });
  return order;
}

/** Returns the money of a failed order. */
export async function returnMoney(service: Service, orderId: string): Promise<void> {
  const jobId = `return-payment:${orderId}`;
  await service.clearFaults();
  const job = await jobWithStatus(service, jobId, 'retrying', 'completed');
  if (job.status === 'retrying') await act(service, jobId, 'retry');
  await jobWithStatus(service, jobId, 'completed');
}

/** Requests an action on a job. */
export function act(service: Service, jobId: string, action: string, body?: object): Promise<Answer> {
  return service.request('POST', `/api/jobs/${jobId}/${action}`, body);
}

/** Requests an action that is accepted, and returns the job after it. */
export async function acted(
  service: Service,
  jobId: string,
  action: string,
  body?: object,
): Promise<ActedOnJob> {
  const answer = await act(service, jobId, action, body);
  if (answer.status !== 202) throw new Error(`${action} was refused: ${JSON.stringify(answer.body)}`);
  return answer.body as ActedOnJob;
}

/**
 * Moves what a job waits for to a moment from now, and returns that time. Another one is chosen if it has passed when the request arrives, as
 * on a busy machine.
 */
export async function moveToSoon(service: Service, jobId: string): Promise<Date> {
  for (let ms = 1_000; ; ms *= 2) {
    const at = new Date(Date.now() + ms);
    const answer = await act(service, jobId, 'reschedule', { at: at.toISOString() });
    if (answer.status === 202) return at;
    if (answer.status !== 400) throw new Error(`reschedule was refused: ${JSON.stringify(answer.body)}`);
  }
}

/** Reads an order. */
export async function readOrder(
  service: Service,
  id: string,
): Promise<{ status: string; payment: { intentId: string | null }; failure: { code: string } | null }> {
  return (await service.request('GET', `/api/orders/${id}`)).body as never;
}
