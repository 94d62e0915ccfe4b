import { createBulkTaskCode } from '../activities/bulk/tasks.ts';
import { createActivities } from '../activities/create-activities.ts';
import { createOrderConsumer } from '../activities/services/order-consumer.ts';
import { workKinds } from '../activities/work-items/work-kinds.ts';
import { jobs } from '../contracts/catalogue.ts';
import { queues } from '../contracts/names.ts';
import { services } from '../contracts/services.ts';
import { subjectOfJob } from '../domain/accounts/subjects.ts';
import { loadShopWorkerConfig, type ShopWorkerConfig, usesSandbox } from '../domain/config.ts';
import { jobRules } from '../domain/job-rules.ts';
import { createCallBudget } from '../domain/payments/call-budget.ts';
import { createStripeProvider } from '../domain/payments/provider.ts';
import { runProcess } from 'durable-jobs/process';
import { runWorker, type WorkerApplication, type WorkerResources } from 'durable-jobs/worker';
import { workflowFiles } from './bundle.ts';
import { limitedTaskQueues } from './task-queues.ts';

/** Creates the shop's activities, services and kinds of work from the open resources of the worker process. */
function createApplication(config: ShopWorkerConfig, resources: WorkerResources): WorkerApplication {
  const budget = createCallBudget({
    database: config.database,
    perSecond: config.PAYMENTS_PER_SECOND,
    logger: resources.logger,
  });
  const payments = createStripeProvider({
    budget,
    apiKey: config.STRIPE_API_KEY,
    apiUrl: config.STRIPE_API_URL,
    timeoutMs: config.PAYMENT_TIMEOUT,
  });
  return {
    jobs,
    jobRules,
    workflows: workflowFiles,
    activities: createActivities({ ...resources, payments }, config),
    taskQueues: limitedTaskQueues(config.PAYMENTS_PER_SECOND),
    services,
    consumers: [createOrderConsumer({ credit: config.ORDER_CONSUMER_CREDIT })],
    queues: { [queues.orders]: config.AMQP_QUEUE },
    workKinds,
    bulkTasks: createBulkTaskCode({ payments }),
    close: () => budget.close(),
  };
}

await runProcess(
  'worker',
  () => loadShopWorkerConfig(process.env),
  (config, logger) => {
    if (usesSandbox(process.env)) {
      logger.warn('payments go to the payment sandbox, where no money moves: set STRIPE_API_KEY for Stripe');
    }
    return runWorker(config, logger, {
      subjectOf: subjectOfJob,
      createApplication: (resources) => createApplication(config, resources),
    });
  },
);
