import { Gauge } from 'prom-client';
import type { Db } from '../database/connect.ts';
import { countFailingJobs } from '../jobs/run-records/failing-activities.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { MetricsSource } from '../telemetry/metrics-page.ts';
import { registry } from '../telemetry/registry.ts';

const retrying = new Gauge({
  name: 'durable_jobs_jobs_retrying',
  help: 'Jobs whose last attempt failed and that will be retried, by type.',
  labelNames: ['type'],
  registers: [registry],
});

/** Returns the metric of jobs that are being retried, by type. */
export function retryingMetrics({ db, jobs }: { db: Db; jobs: JobRegistry }): MetricsSource {
  return {
    name: 'retrying-jobs',
    async refresh() {
      const counts = await countFailingJobs(db);
      for (const type of jobs.types) retrying.set({ type }, counts.get(type) ?? 0);
    },
    clear: () => retrying.reset(),
  };
}
