import { z } from 'zod';
import { defineBulkTask } from '../define-task.ts';
import { line } from '../../values/text.ts';
import { ID_PREFIX } from '../../jobs/job-key.ts';
import { batchActions } from '../../jobs/act/job-actions.ts';

/** The bulk task that acts on runs of jobs. Its function is in task.ts, so that code that only accepts items does not load it. */
export const actOnJobs = defineBulkTask({
  name: 'act-on-jobs',
  description: 'Cancels, terminates, retries, pauses or resumes runs of jobs.',
  item: z.strictObject({
    jobId: z.string().regex(new RegExp(`^${ID_PREFIX}:[\\w.:-]{1,200}$`), 'must be a job id'),
    runId: z.uuid(),
    action: z.enum(batchActions),
    reason: line(500).optional(),
  }),
  // Each item costs a few calls to the engine.
  chunkSize: 10,
  window: 4,
});
