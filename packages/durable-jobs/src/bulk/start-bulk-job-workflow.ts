import {
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { BulkActivities } from './activities.ts';
import { kebabCase } from '../jobs/kebab-case.ts';
import type { StartBulkJobInput, StartBulkJobResult } from './start-bulk-job.ts';
import { searchAttributes } from '../engine/search-attributes.ts';
import { startWhenMeant } from '../jobs/workflow/operator-wait.ts';
import { createBulkOptions } from './policies.ts';
import { processBulk } from './process-bulk-workflow.ts';

const { createBulkJob } = proxyActivities<BulkActivities>(createBulkOptions);

/** Creates a bulk job from a query's rows and waits for its end, so that a schedule knows whether its last run has ended. */
export async function startBulkJob(input: StartBulkJobInput): Promise<StartBulkJobResult> {
  await startWhenMeant();
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const { bulkJobId } = await createBulkJob({ ...input, originKey: `${workflowId}/${firstExecutionRunId}` });
  setCurrentDetails(`Bulk job ${bulkJobId} is in progress.`);
  const result = await executeChild(processBulk, {
    workflowId: `${kebabCase('processBulk')}:${bulkJobId}`,
    args: [{ bulkJobId }],
    // Its items have been accepted, so they are processed even if an operator terminates this workflow.
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `Bulk job ${bulkJobId}`,
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: 'processBulk' },
      { key: searchAttributes.businessKey, value: bulkJobId },
    ],
  });
  return { bulkJobId, ...result };
}
