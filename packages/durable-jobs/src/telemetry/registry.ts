import { collectDefaultMetrics, Registry } from 'prom-client';

/** The metrics of this process. One for all of it, as the process is what is scraped. */
export const registry = new Registry();

/** Adds what every Node process has to tell: its CPU, memory, event loop and garbage collection. */
export function measureProcess(): void {
  collectDefaultMetrics({ register: registry });
}
