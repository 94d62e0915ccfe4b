import { sql } from 'kysely';
import { watchEndsOnce, type EndsPass } from '../../packages/durable-jobs/src/jobs/flow/watch-ends.ts';

/**
 * One pass over everything that waits, whether or not it is due to be checked. What a worker was reporting the end of at that moment, and the
 * pass therefore skipped, gets another.
 */
export async function watchEnds(deps: Parameters<typeof watchEndsOnce>[0]): Promise<EndsPass> {
  await deps.db
    .updateTable('awaitedJobs')
    .set({ nextCheckAt: sql<Date>`now()` })
    .execute();
  let settled = 0;
  for (;;) {
    const pass = await watchEndsOnce(deps);
    settled += pass.settled;
    if (pass.nextAt === undefined || pass.nextAt.getTime() > Date.now()) return { ...pass, settled };
  }
}
