import { recordHistory as writeHistory } from '../../packages/durable-jobs/src/testing/replay/record-history.ts';
import type { Service } from './service.ts';

/** The folder of the histories of released workflows. */
export const historiesFolder = new URL('../replay/histories/', import.meta.url);

/**
 * Saves the history of a job that a test has run (of its newest run, or of `runId`) as `<workflow>.<case>.<release>.json`, if
 * RECORD_HISTORIES names the release that is being prepared; otherwise does nothing.
 */
export async function recordHistory(
  { client }: Service,
  jobId: string,
  name: string,
  runId?: string,
): Promise<void> {
  const release = process.env.RECORD_HISTORIES;
  if (!release) return;
  const { type } = await client.workflow.getHandle(jobId, runId).describe();
  const file = new URL(`${type}.${name}.${release}.json`, historiesFolder);
  await writeHistory(jobId, { client, file, runId });
}
