import { durableJobs } from './jobs.ts';

// Runs until the process is asked to stop; jobs that are in progress are then continued by another worker, or by the next one.
await durableJobs.runWorker({ applySchedules: true });
