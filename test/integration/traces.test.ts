import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { taskQueues } from '../../contracts/names.ts';
import { required } from '../../packages/durable-jobs/src/process/errors.ts';
import { startCollector, type CollectedSpan, type Collector } from '../support/collector.ts';
import { jobWithStatus } from '../support/jobs.ts';
import { parseLog, type LogLine } from '../support/log-lines.ts';
import { startApi, startWorker } from '../support/processes.ts';
import { request, useService } from '../support/service.ts';
import { enqueueAdjustment, stockedSku, workItemWithStatus } from '../support/work-items.ts';
import type { WorkItem } from '../../packages/durable-jobs/src/work-queue/rows.ts';

const service = useService({ workers: false });
const email = `zebedee-${randomUUID()}@private.example`;
const name = 'Zebedee Quillfeather';

interface Made {
  id: string;
  jobId: string;
}

/** A trace that a caller began, and one of a request that died before it started its job. */
const caller = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) };
const dead = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };

describe('traces, as a collector receives them', () => {
  let collector: Collector;
  let spans: CollectedSpan[];
  let logs: LogLine[];
  let user: Made;
  let order: Made;
  let scheduled: string;
  let relayed: string;
  let stock: WorkItem;

  beforeAll(async () => {
    collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const [api, worker] = await Promise.all([startApi(service, env), startWorker(service, env)]);
    try {
      const registered = await request(
        api.url,
        'POST',
        '/api/auth/register',
        { email, name, password: 'correct horse battery' },
        { traceparent: `00-${caller.traceId}-${caller.spanId}-01` },
      );
      user = registered.body as Made;
      await jobWithStatus(service, user.jobId, 'completed');
      const ordered = await request(api.url, 'POST', '/api/orders', {
        userId: user.id,
        currency: 'EUR',
        items: [{ sku: 'tea', quantity: 1, unitAmount: 900 }],
        paymentMethod: 'pm_card_visa',
      });
      order = ordered.body as Made;
      await jobWithStatus(service, order.jobId, 'completed');

      await request(api.url, 'GET', '/api/jobs?errorCode=private');

      scheduled = `refresh-statistics:${randomUUID()}`;
      await service.client.workflow.execute('refreshStatistics', {
        workflowId: scheduled,
        taskQueue: taskQueues.jobs,
        args: [{}],
      });

      const sku = await stockedSku(service.db, 31_415_000);
      stock = await workItemWithStatus(
        service.db,
        await enqueueAdjustment(service.db, sku, 926),
        'completed',
      );

      relayed = `delete-expired:${randomUUID()}`;
      await service.db
        .insertInto('outbox')
        .values({
          jobType: 'deleteExpired',
          jobId: relayed,
          dedupeKey: relayed.split(':')[1] ?? '',
          input: '{}',
          nextAttemptAt: new Date(),
          traceparent: `00-${dead.traceId}-${dead.spanId}-01`,
        })
        .execute();
      await jobWithStatus(service, relayed, 'completed');
    } finally {
      // A process sends its remaining spans when it stops.
      await Promise.all([api.stop(), worker.stop()]);
    }
    spans = collector.spans;
    logs = parseLog((await api.output()) + (await worker.output()));
  });
  afterAll(() => collector.close());

  const only = (traceId: string, spanName: string): CollectedSpan => {
    const found = spans.filter((span) => span.traceId === traceId && span.name === spanName);
    expect(found, `${spanName} in ${names(traceId).join(', ')}`).toHaveLength(1);
    return required(found[0], spanName);
  };
  const names = (traceId: string): string[] =>
    spans.filter((span) => span.traceId === traceId).map((span) => span.name);
  const childrenOf = ({ spanId }: CollectedSpan): string[] =>
    spans.filter(({ parentSpanId }) => parentSpanId === spanId).map((span) => span.name);

  it('are one from the request of a registration through its job to SQL and SMTP', () => {
    const { traceId } = caller;
    const server = only(traceId, 'POST /api/auth/register');
    expect(server).toMatchObject({
      service: 'durable-jobs-api',
      kind: 'server',
      parentSpanId: caller.spanId,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/auth/register',
        'http.response.status_code': 201,
      },
    });
    expect(childrenOf(server)).toEqual(expect.arrayContaining(['insert users', 'insert outbox']));
    const start = only(traceId, 'start sendWelcomeEmail');
    expect(start).toMatchObject({ kind: 'producer', parentSpanId: server.spanId });
    const job = only(traceId, 'job sendWelcomeEmail');
    expect(job).toMatchObject({ service: 'durable-jobs-worker', parentSpanId: start.spanId });
    expect(job.attributes).toMatchObject({
      'durable_jobs.job.id': user.jobId,
      'durable_jobs.job.outcome': 'completed',
    });
    const activity = only(traceId, 'activity sendWelcomeEmail');
    expect(activity).toMatchObject({ kind: 'consumer', parentSpanId: job.spanId });
    expect(only(traceId, 'SMTP send')).toMatchObject({ kind: 'client', parentSpanId: activity.spanId });
    expect(childrenOf(activity)).toEqual(expect.arrayContaining(['insert emails', 'update emails']));
  });

  it('reach the payment provider', () => {
    const { traceId } = spans.find((span) => span.name === 'POST /api/orders') ?? caller;
    const activity = only(traceId, 'activity chargeOrder');
    expect(activity.parentSpanId).toBe(only(traceId, 'job processOrder').spanId);
    const calls = spans.filter(
      (span) =>
        span.parentSpanId === activity.spanId && span.kind === 'client' && 'url.template' in span.attributes,
    );
    expect(calls.map((span) => span.name)).toEqual(
      expect.arrayContaining(['POST /v1/payment_intents', 'POST /v1/payment_intents/:id/confirm']),
    );
    for (const call of calls) expect(call.attributes['http.response.status_code']).toBe(200);
  });

  it('belong to the job itself if no request began it', () => {
    const job = spans.find(
      (span) => span.attributes['durable_jobs.job.id'] === scheduled && span.name.startsWith('job'),
    );
    expect(job).toMatchObject({ name: 'job refreshStatistics', parentSpanId: '' });
    const activity = only(job?.traceId ?? '', 'activity refreshStatisticsView');
    expect(activity.parentSpanId).toBe(job?.spanId);
  });

  it('are that of the request for a job that the relay starts later, too', () => {
    const start = only(dead.traceId, 'start deleteExpired');
    expect(start).toMatchObject({ service: 'durable-jobs-worker', parentSpanId: dead.spanId });
    expect(only(dead.traceId, 'job deleteExpired').parentSpanId).toBe(start.spanId);
  });

  it('have all the parents that they name, except for external ones', () => {
    const known = new Set(spans.map(({ spanId }) => spanId));
    const outside = ['', caller.spanId, dead.spanId];
    for (const span of spans) {
      if (!outside.includes(span.parentSpanId)) expect(known, span.name).toContain(span.parentSpanId);
    }
    expect(spans.length).toBe(known.size);
  });

  it('hold no personal data, no values and no query strings', () => {
    const all = JSON.stringify(spans);
    for (const value of [email, 'private.example', 'Zebedee', 'errorCode=', 'pm_card', 'correct horse']) {
      expect(all).not.toContain(value);
    }
  });

  it('contain the completion of a work item without its result and its token', () => {
    expect(stock.result).toEqual({ available: 31_415_926 });
    const texts = spans.map(({ attributes }) => String(attributes['db.query.text']));
    expect(texts).toContain('SELECT durable_jobs.complete_work_item($1, $2, $3); COMMIT');
    expect(texts.filter((text) => text.includes('31415926'))).toEqual([]);
  });

  it('are named by the lines of the log', () => {
    const messages = logs.filter(({ traceId }) => traceId === caller.traceId).map(({ msg }) => msg);
    for (const message of [
      'the job was handed to the engine',
      'the job has started',
      'the attempt has ended',
      'the job has ended',
    ]) {
      expect(messages).toContain(message);
    }
    const ofRelayed = logs.filter(({ jobId, msg }) => jobId === relayed && msg === 'the job has ended');
    expect(ofRelayed[0]?.traceId).toBe(dead.traceId);
  });
});
