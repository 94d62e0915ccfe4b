import type { Evidence } from '../evidence.ts';

/** Bulk jobs: each accepted one is completed, and each item of every bulk job was applied once. */
export function checkBulkJobs({ accepted, bulkJobs, bulkItems, repeatedProducts }: Evidence): string[] {
  const violations: string[] = [];
  for (const { id, total } of accepted.bulkJobs) {
    const job = bulkJobs.find((row) => row.id === id);
    if (job?.total !== total)
      violations.push(`bulk job ${id} has ${job?.total ?? 'lost its'} items instead of ${total}`);
  }
  // Also those whose caller got no answer.
  for (const { id, status, total, done, failed } of bulkJobs) {
    if (status !== 'completed' || done !== total || failed !== 0)
      violations.push(`bulk job ${id} is ${status}: ${done} of ${total} items are done, ${failed} failed`);
    const items = bulkItems.filter(({ bulkJobId }) => bulkJobId === id);
    const wrong = items.filter((group) => group.status !== 'done' || group.attempts !== 1);
    for (const group of wrong)
      violations.push(
        `${group.count} items of bulk job ${id} are ${group.status} after ${group.attempts} attempts`,
      );
    const count = items.reduce((sum, group) => sum + group.count, 0);
    if (count !== total) violations.push(`bulk job ${id} has ${count} items instead of ${total}`);
  }
  if (repeatedProducts.length > 0)
    violations.push(
      `${repeatedProducts.length} products were written more than once: ${repeatedProducts.slice(0, 3).join(', ')}`,
    );
  return violations;
}
