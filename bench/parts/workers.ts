import { definePart } from '../part.ts';
import { ONE_WORKER, openWorkerCounts, throughput } from '../worker-counts.ts';

/** The same work with one worker process and with several. */
export const workers = definePart({
  name: 'workers',
  title: 'Worker processes',
  about:
    'A backlog of work items, then orders from end to end, with one, two and four worker processes on the same stack. They add throughput only as long as the machine has ' +
    'processor time to spare.',
  sizes: { items: 10_000, orders: 200, clients: 20, concurrency: 10 },
  figures: throughput,
  reference: ONE_WORKER,
  warmUp: true,
  open: openWorkerCounts,
});
