import type { Part } from '../part.ts';
import { accept } from './accept.ts';
import { bulk } from './bulk.ts';
import { catchUp } from './catch-up.ts';
import { jobs } from './jobs.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { workers } from './workers.ts';
import { workItems } from './work-items.ts';

/** Every part of the benchmark, most important first. */
export const parts: readonly Part[] = [accept, jobs, latency, workItems, catchUp, bulk, workers, memory];
