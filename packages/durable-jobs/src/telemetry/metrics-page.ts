import { Counter } from 'prom-client';
import type { Logger } from './logger.ts';
import { withinTime } from '../process/within-time.ts';
import { registry } from './registry.ts';

/** Figures that are asked for when somebody reads the metrics, rather than counted as things happen. */
export interface MetricsSource {
  name: string;
  /** Brings its gauges up to date. */
  refresh: () => Promise<void>;
  /** Takes their values away: a figure that is unavailable is missing rather than old. */
  clear: () => void;
}

/** Figures are shared for so long, however many scrape: each costs a query or a call. */
const SHARED_MS = 10_000;

/** A source that gives up by itself after the same time has something to tell then. */
const OWN_MS = 1_000;

const failures = new Counter({
  name: 'durable_jobs_metrics_source_failures_total',
  help: 'How often metrics could not be read when they were requested, by source.',
  labelNames: ['source'],
  registers: [registry],
});

/** The media type of what a metrics page is. */
export const metricsContentType = registry.contentType;

/**
 * Makes what answers `/metrics`: the process's metrics, the sources among them brought up to date, and then what
 * `append` gives, such as the metrics of another registry. One that fails leaves out its own part alone.
 */
export function createMetricsPage(options: {
  sources: readonly MetricsSource[];
  append?: (() => Promise<string>) | undefined;
  timeoutMs: number;
  logger: Logger;
}): () => Promise<string> {
  const refreshes = options.sources.map((source) => shared(() => refresh(source, options)));
  const append = options.append;
  return async () => {
    const [appended] = await Promise.all([
      append &&
        withinTime(options.timeoutMs + OWN_MS, append, late).catch((error: unknown) =>
          failed('sdk', error, options),
        ),
      ...refreshes.map((run) => run()),
    ]);
    return (await registry.metrics()) + (appended ?? '');
  };
}

async function refresh(
  source: MetricsSource,
  options: { timeoutMs: number; logger: Logger },
): Promise<undefined> {
  try {
    await withinTime(options.timeoutMs + OWN_MS, source.refresh, late);
  } catch (error) {
    source.clear();
    failed(source.name, error, options);
  }
}

const late = (): Error => new Error('no response in time');

function failed(source: string, error: unknown, { logger }: { logger: Logger }): undefined {
  failures.inc({ source });
  logger.debug({ err: error, source }, 'some metrics could not be read');
}

function shared(run: () => Promise<undefined>): () => Promise<undefined> {
  let last: { until: number; result: Promise<undefined> } | undefined;
  return () => {
    if (!last || Date.now() >= last.until) last = { until: Date.now() + SHARED_MS, result: run() };
    return last.result;
  };
}
