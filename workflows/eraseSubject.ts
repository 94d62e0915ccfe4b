import {
  CancellationScope,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ErasureActivities } from '../activities/erasure.ts';
import type { EraseSubjectInput, EraseSubjectResult } from '../contracts/jobs/erase-subject.ts';
import { timerSummaries } from '../contracts/names.ts';
import { databaseOptions } from 'durable-jobs/workflow';
import { erasureOptions } from './policies.ts';

const { endJobsOfSubject } = proxyActivities<ErasureActivities>(erasureOptions);
const { destroySubject } = proxyActivities<ErasureActivities>(databaseOptions);

/** How often the person's jobs are checked for their end, in seconds: most end immediately, a refund may take days. */
const FIRST_WAIT = 1;
const LONGEST_WAIT = 900;

/**
 * Erases a person: first their jobs end, then the keys of their payloads and their remaining data are destroyed. A cancellation does not
 * stop it.
 */
export async function eraseSubject(input: EraseSubjectInput): Promise<EraseSubjectResult> {
  return CancellationScope.nonCancellable(async () => {
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      const { open } = await endJobsOfSubject(input);
      if (open === 0) break;
      if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof eraseSubject>(input);
      setCurrentDetails(`Waiting for ${open} jobs of the person to end.`);
      await sleep(`${wait} seconds`, { summary: timerSummaries.subjectJobs });
    }
    const result = await destroySubject(input);
    setCurrentDetails(`The person was erased; ${result.destroyedKeys} keys were destroyed.`);
    return result;
  });
}
