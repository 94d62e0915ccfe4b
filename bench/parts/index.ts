import type { Part } from '../part.ts';
import { accept } from './accept.ts';
import { jobs } from './jobs.ts';
import { workItems } from './work-items.ts';

/** Every part of the benchmark, most important first. */
export const parts: readonly Part[] = [workItems, accept, jobs];
