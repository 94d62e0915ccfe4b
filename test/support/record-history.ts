import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Service } from './service.ts';

/** Where the histories of released workflows are kept. */
export const historiesFolder = new URL('../replay/histories/', import.meta.url);

/**
 * Keeps the history of a job that a test has run (of its newest run, or of the one given), as `<workflow>.<case>.<release>.json`, when RECORD_HISTORIES names the
 * release that is being made; otherwise does nothing.
 */
export async function recordHistory(
  service: Service,
  jobId: string,
  name: string,
  runId?: string,
): Promise<void> {
  const release = process.env.RECORD_HISTORIES;
  if (!release) return;
  const handle = service.client.workflow.getHandle(jobId, runId);
  const { type } = await handle.describe();
  // Where it was recorded, and by which process, is nobody's business.
  const json = historyToJSON(await handle.fetchHistory())
    .replaceAll(fileURLToPath(new URL('../../', import.meta.url)), '')
    .replace(/"identity": "[^"]*"/g, '"identity": "recorder"');
  await mkdir(historiesFolder, { recursive: true });
  await writeFile(new URL(`${type}.${name}.${release}.json`, historiesFolder), `${json}\n`);
}
