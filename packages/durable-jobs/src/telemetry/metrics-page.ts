import { Counter } from 'prom-client';
import type { Logger } from './logger.ts';
import { withinTime } from '../process/within-time.ts';
import { registry } from './registry.ts';

/** Figures that are read when the metrics are requested, instead of being counted as things happen. */
export interface MetricsSource {
  name: string;
  /** Updates its gauges. */
  refresh: () => Promise<void>;
  /** Removes their values: a figure that is unavailable is missing rather than stale. */
  clear: () => void;
}

/** How long figures are shared, however many scrapers there are: each figure costs a query or a call. */
const SHARED_MS = 10_000;

/** Additional time for a source that gives up after the same time, so that its own error is reported. */
const OWN_MS = 1_000;

const failures = new Counter({
  name: 'durable_jobs_metrics_source_failures_total',
  help: 'How often metrics could not be read when they were requested, by source.',
  labelNames: ['source'],
  registers: [registry],
});

/** How the names of the library's own metrics begin. */
const PREFIX = 'durable_jobs_';

/** The media type of a metrics page. */
export const metricsContentType = registry.contentType;

/**
 * Creates the function that returns a metrics page: the process's metrics, including the updated sources, and the text that `append`
 * returns, such as the metrics of another registry. If one of them fails, only its own part is missing.
 */
export function createMetricsPage(options: {
  sources: readonly MetricsSource[];
  append?: (() => Promise<string>) | undefined;
  /** Leaves out the metrics of the process itself, such as its CPU and memory, which a surrounding application reports on its own. */
  ownNamesOnly?: boolean;
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
    return (await page(options.ownNamesOnly === true)) + (appended ?? '');
  };
}

/** The registry in the text format of Prometheus. */
async function page(ownNamesOnly: boolean): Promise<string> {
  if (!ownNamesOnly) return registry.metrics();
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  const own = names.filter((name) => name.startsWith(PREFIX));
  const texts = await Promise.all(own.map((name) => registry.getSingleMetricAsString(name)));
  return `${texts.join('\n\n')}\n`;
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
