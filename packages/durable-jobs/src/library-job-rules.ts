import { bulkEffects } from './bulk/job-effects.ts';
import { bulkProgress } from './bulk/job-progress.ts';
import { bulkRules, startBulkJobRules } from './bulk/job-rules.ts';
import { processBulk } from './bulk/process-bulk.ts';
import { startBulkJob } from './bulk/start-bulk-job.ts';
import { hostService } from './hosted-services/host-service.ts';
import { hostedServiceRules } from './hosted-services/job-rules.ts';
import type { JobRulesByType } from './jobs/act/job-rules.ts';
import type { JobProgressByType } from './jobs/progress.ts';
import type { JobEffectsByType } from './jobs/timeline/effects.ts';

/** The rules for operators' actions on the library's own jobs. An application adds those of its own. */
export const libraryJobRules: JobRulesByType = new Map([
  [processBulk.type, bulkRules],
  [startBulkJob.type, startBulkJobRules],
  [hostService.type, hostedServiceRules],
]);

/** The progress of the library's own jobs. */
export const libraryJobProgress: JobProgressByType = new Map([[processBulk.type, bulkProgress]]);

/** The effects of the library's own jobs, for their timelines. An application adds those of its own. */
export const libraryJobEffects: JobEffectsByType = new Map([[processBulk.type, bulkEffects]]);
