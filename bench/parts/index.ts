import type { Part } from '../part.ts';
import { accept } from './accept.ts';
import { bulk } from './bulk.ts';
import { catchUp } from './catch-up.ts';
import { coldStart } from './cold-start.ts';
import { growth } from './growth.ts';
import { jobs } from './jobs.ts';
import { latency } from './latency.ts';
import { lists } from './lists.ts';
import { memory } from './memory.ts';
import { resets } from './resets.ts';
import { slowWorkers } from './slow-workers.ts';
import { workers } from './workers.ts';
import { workItems } from './work-items.ts';

/** Every part of the benchmark, most important first. */
export const parts: readonly Part[] = [
  accept,
  jobs,
  latency,
  workItems,
  catchUp,
  bulk,
  lists,
  workers,
  slowWorkers,
  resets,
  memory,
  coldStart,
  growth,
];
