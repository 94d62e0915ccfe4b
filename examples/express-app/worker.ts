import { activities } from './activities.ts';
import { pool } from './database.ts';
import { durableJobs } from './jobs.ts';

await durableJobs.runWorker({
  workflows: import.meta.resolve('./workflows.ts'),
  activities,
  applySchedules: true,
});
await pool.end();
