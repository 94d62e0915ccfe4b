import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** What is recorded, and where. */
export interface RecordOptions {
  /** Not the one of a process of the application that encrypts: that one reads histories in clear, and they would be written so. */
  client: Pick<Client, 'workflow'>;
  /** The JSON file. Its folder is made if it is missing. */
  file: string | URL;
  /** One of the job's runs; the newest by default. */
  runId?: string | undefined;
}

/**
 * Writes the history of a job's run to a file, as {@link replayHistories} reads it. Payloads are
 * written as the client reads them. The names of the processes that ran it
 * are left out, and the paths of stack traces are those below the working directory.
 * @throws {WorkflowNotFoundError} if the engine has no such run.
 */
export async function recordHistory(id: string, { client, file, runId }: RecordOptions): Promise<void> {
  const history = await client.workflow.getHandle(id, runId).fetchHistory();
  const json = historyToJSON(history)
    .replaceAll(`${process.cwd()}/`, '')
    .replace(/"identity": "[^"]*"/g, '"identity": "recorder"');
  const path = file instanceof URL ? fileURLToPath(file) : file;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${json}\n`);
}
