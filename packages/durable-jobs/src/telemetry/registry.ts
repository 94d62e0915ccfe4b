import { collectDefaultMetrics, Registry } from 'prom-client';

/** The metrics of this process. There is one registry, because a scraper reads a whole process. */
export const registry = new Registry();

/** Adds the metrics of every Node process: CPU, memory, event loop and garbage collection. */
export function measureProcess(): void {
  collectDefaultMetrics({ register: registry });
}
