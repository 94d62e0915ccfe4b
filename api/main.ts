import { jobs } from '../contracts/catalogue.ts';
import { services } from '../contracts/services.ts';
import { ownTaskQueues } from '../contracts/task-queues.ts';
import { workKinds } from '../contracts/work-items.ts';
import { subjectOfJob } from '../domain/accounts/subjects.ts';
import { bulkTasks } from '../domain/bulk-queries.ts';
import { loadShopApiConfig } from '../domain/config.ts';
import { jobEffects } from '../domain/effects.ts';
import { jobRules } from '../domain/job-rules.ts';
import { runApi } from 'durable-jobs/api';
import { runProcess } from 'durable-jobs/process';
import { createApp } from './app.ts';

await runProcess(
  'api',
  () => loadShopApiConfig(process.env),
  (config, logger) =>
    runApi(config, logger, {
      subjectOf: subjectOfJob,
      jobs,
      jobRules,
      jobEffects,
      services,
      workKinds,
      bulkTasks,
      taskQueues: ownTaskQueues,
      createApp: (resources) => createApp({ ...resources, config }),
    }),
);
