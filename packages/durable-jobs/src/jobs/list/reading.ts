import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Db } from '../../database/connect.ts';
import type { JobFilter } from '../../engine/visibility-query.ts';
import type { JobRegistry } from '../registry.ts';
import type { JobFailures } from './job-failures.ts';
import type { ListFreshness } from './freshness.ts';
import type { ListHead } from './list-head.ts';
import type { JobStatus } from '../job-view.ts';
import type { ListPlace } from './list-place.ts';

/** A filter of failed and retrying jobs: the code of their error, or text in its message. */
export interface ErrorFilter {
  code?: string | undefined;
  text?: string | undefined;
}

/** Dependencies of listing jobs. */
export interface JobLister {
  db: Db;
  client: Client;
  jobs: JobRegistry;
  failures: JobFailures;
  freshness: Pick<ListFreshness, 'read'>;
  uiUrl: string;
}

/** Filters of the list. Without a status, it contains all jobs, in the order of their statuses. */
export type ListFilter = Omit<JobFilter, 'statuses'> & {
  status?: JobStatus | undefined;
  error?: ErrorFilter | undefined;
};

/** One request for a page. */
export interface Reading extends JobLister {
  filter: ListFilter;
  parts: readonly ListPlace['in'][];
  now: Date;
  /** The last moved start of the part `moved`, whatever the engine's index says about these runs. */
  movedUpTo: number;
  head: ListHead;
  /** Whether a found run matches. */
  accept: (run: WorkflowExecutionInfo) => boolean;
}
