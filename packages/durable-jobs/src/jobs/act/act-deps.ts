import type { Client } from '@temporalio/client';
import type { Db } from '../../database/connect.ts';
import type { JobRegistry } from '../registry.ts';
import type { JobRulesByType } from './job-rules.ts';

/** Dependencies of actions on jobs. */
export interface ActDeps {
  db: Db;
  client: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
}
