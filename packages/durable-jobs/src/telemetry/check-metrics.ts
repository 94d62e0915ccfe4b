import { Gauge } from 'prom-client';
import type { Readiness } from './readiness.ts';
import type { MetricsSource } from './metrics-page.ts';
import { registry } from './registry.ts';

const checkOk = new Gauge({
  name: 'durable_jobs_check_ok',
  help: '1 if a check of /readyz passes, 0 if it fails.',
  labelNames: ['check'],
  registers: [registry],
});

/** Returns the checks of `/readyz` as metrics, so that an alert can name the unavailable part. */
export function checkMetrics(readReadiness: () => Promise<Readiness>): MetricsSource {
  return {
    name: 'checks',
    async refresh() {
      const { checks } = await readReadiness();
      for (const [check, { ok }] of Object.entries(checks)) checkOk.set({ check }, ok ? 1 : 0);
    },
    clear: () => checkOk.reset(),
  };
}
