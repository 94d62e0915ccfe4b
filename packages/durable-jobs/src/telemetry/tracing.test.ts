import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { inSpan, isTracing, startTracing, traceparentOf, wantsTracing, type Tracing } from './tracing.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

describe('tracing', () => {
  it.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    [endpoint, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }, true],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'true' }, false],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, false],
  ])('is requested by %j: %s', (env, expected) => {
    expect(wantsTracing(env)).toBe(expected);
  });

  it('does nothing, and loads nothing, unless it is enabled', async () => {
    const { stop } = await startTracing('test', {}, pino({ level: 'silent' }));
    await stop();
    expect(isTracing()).toBe(false);
    expect(traceparentOf({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })).toBeUndefined();
    expect(await inSpan('x', {}, (span) => Promise.resolve(span))).toBeUndefined();
  });

  it('starts no process whose file with headers cannot be used', async () => {
    const env = { ...endpoint, OTEL_EXPORTER_OTLP_HEADERS_FILE: '/nowhere' };
    await expect(startTracing('test', env, pino({ level: 'silent' }))).rejects.toThrow(
      'OTEL_EXPORTER_OTLP_HEADERS_FILE: must be a file that this process can read: ENOENT',
    );
    expect(isTracing()).toBe(false);
  });

  it('is shared by the parts of a process, and can start again after the last of them', async () => {
    const logger = pino({ level: 'silent' });
    const [api, worker] = await Promise.all([
      startTracing('api', endpoint, logger),
      startTracing('worker', endpoint, logger),
    ]);
    expect(isTracing()).toBe(true);
    await api.stop();
    await api.stop();
    expect(isTracing()).toBe(true);
    await worker.stop();
    expect(isTracing()).toBe(false);
    const later = await startTracing('api', endpoint, logger);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(traceparentOf({ traceparent, ownTrace: true })).toBe(traceparent);
    await later.stop();
    expect(isTracing()).toBe(false);
  });

  describe('of a part of the jobs that no request began', () => {
    let tracing: Tracing | undefined;
    afterAll(() => tracing?.stop());

    it('decides for each by its trace id, the same in every process', async () => {
      vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_traceidratio');
      vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', '0.5');
      tracing = await startTracing('test', endpoint, pino({ level: 'silent' }));
      vi.unstubAllEnvs();
      const decisions = Array.from({ length: 200 }, () => {
        const hex = randomUUID().replaceAll('-', '');
        const job = { traceparent: `00-${hex}-${hex.slice(-16)}-01`, ownTrace: true } as const;
        const [first, second] = [traceparentOf(job), traceparentOf(job)];
        expect(first).toBe(second);
        expect(first?.slice(0, -3)).toBe(job.traceparent.slice(0, -3));
        return first?.endsWith('-01');
      });
      expect(new Set(decisions)).toEqual(new Set([true, false]));
    });

    it('keeps the sampling decision of a request, if one began the trace', () => {
      const given = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;
      for (const flags of ['-00', '-01']) {
        expect(traceparentOf({ traceparent: given + flags })).toBe(given + flags);
      }
    });
  });
});
