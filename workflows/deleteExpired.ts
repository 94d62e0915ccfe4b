import { setCurrentDetails } from '@temporalio/workflow';
import type { CleanUpActivities } from '../activities/clean-up.ts';
import type { DeleteExpiredInput, DeleteExpiredResult } from '../contracts/jobs/delete-expired.ts';
import { proxyCountedActivities, startWhenMeant } from 'durable-jobs/workflow';
import { upkeepOptions } from './policies.ts';

const { deleteExpiredRows } = proxyCountedActivities<CleanUpActivities>(upkeepOptions);

/** Deletes expired rows. A cancellation ends it after the current batch. */
export async function deleteExpired(_input: DeleteExpiredInput): Promise<DeleteExpiredResult> {
  await startWhenMeant();
  setCurrentDetails('Deleting expired rows, a batch at a time.');
  const deleted = await deleteExpiredRows();
  const total = Object.values<number>({ ...deleted }).reduce((sum, rows) => sum + rows, 0);
  setCurrentDetails(`${total} expired rows were deleted.`);
  return { deleted, total };
}
