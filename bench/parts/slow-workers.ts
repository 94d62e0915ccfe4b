import { canLimitCpu, limitCpu } from '../limit-cpu.ts';
import { definePart } from '../part.ts';
import { ONE_WORKER, openWorkerCounts, throughput } from '../worker-counts.ts';

/** The share of a core that each worker process has. */
const PERCENT = 10;

/** The same work with one worker process and with several, each of which has little processor time. */
export const slowWorkers = definePart({
  name: 'slow-workers',
  title: 'Worker processes that are the limit',
  about:
    'The same as for worker processes, but each of them has at most a tenth of a core, so that the machine has processor time for more of them. It shows how far they share the work.',
  sizes: { items: 1_000, orders: 40, clients: 20, concurrency: 10 },
  figures: throughput,
  reference: ONE_WORKER,
  warmUp: true,
  async open(work, context) {
    if (!canLimitCpu()) {
      context.report('  left out: only root may limit the processor time of processes');
      return [];
    }
    return openWorkerCounts(work, context, (pid) => limitCpu(pid, PERCENT));
  },
});
