import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createMetricsPage } from './metrics-page.ts';
import { measureProcess } from './registry.ts';

it("leaves the process's own metrics to a surrounding application", async () => {
  // As a worker in the same process does.
  measureProcess();
  const options = { sources: [], timeoutMs: 1_000, logger: pino({ level: 'silent' }) };
  const whole = await createMetricsPage(options)();
  expect(whole).toMatch(/^process_cpu_seconds_total /m);
  expect(whole).toMatch(/^nodejs_/m);

  const own = await createMetricsPage({ ...options, ownNamesOnly: true })();
  expect(own).toContain('# TYPE durable_jobs_metrics_source_failures_total counter\n');
  const names = own.split('\n').filter((line) => line !== '' && !/^# (HELP|TYPE) durable_jobs_/.test(line));
  expect(names.filter((line) => !line.startsWith('durable_jobs_'))).toEqual([]);
  expect(own.endsWith('\n')).toBe(true);
});
