import type { DurableJobsOptions } from 'durable-jobs';
import { activities } from './activities.ts';
import { smallApplication } from './jobs.ts';

const targets = process.env.TEST_HTTP_TARGETS ?? '{}';
await smallApplication({
  httpTargets: JSON.parse(targets) as DurableJobsOptions['httpTargets'],
}).runWorker({
  workflows: import.meta.resolve('./workflows.ts'),
  activities,
  applySchedules: true,
});
