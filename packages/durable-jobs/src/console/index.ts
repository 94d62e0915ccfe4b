/** The console's own pages: the overview, workers and queues, and what their API description says. */
export { pageDocs } from './docs.ts';
export { queueDocs } from './queue-docs.ts';
