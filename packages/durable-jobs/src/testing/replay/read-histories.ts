import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { errorMessage } from '../../process/errors.ts';
import type { NamedHistory } from '../../worker/replay/named-history.ts';

/** Where histories come from: a folder of JSON files, one file, several, or what yields them. */
export type HistorySource = string | URL | readonly (string | URL)[] | AsyncIterable<NamedHistory>;

/**
 * Reads histories one by one; those of a folder by the names of its files.
 * @throws if a file or folder does not exist, a folder has no JSON file, or a file holds no history. The message names it.
 */
export async function* readHistories(source: HistorySource): AsyncIterable<NamedHistory> {
  if (typeof source === 'object' && Symbol.asyncIterator in source) {
    yield* source;
    return;
  }
  const places = typeof source === 'string' || source instanceof URL ? [source] : source;
  for (const place of places) {
    for (const file of await filesAt(place instanceof URL ? fileURLToPath(place) : place)) {
      yield await readHistory(file);
    }
  }
}

async function filesAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json'));
  if (names.length === 0) throw new Error(`The folder ${path} has no histories: no file ends with .json.`);
  return names.toSorted().map((name) => join(path, name));
}

async function readHistory(file: string): Promise<NamedHistory> {
  const name = basename(file);
  try {
    const history = historyFromJSON(JSON.parse(await readFile(file, 'utf8')));
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    if (!started) throw new Error('its first event does not start a workflow');
    return { name, workflowId: started.workflowId ?? name, history };
  } catch (error) {
    throw new Error(`${file} contains no history: ${errorMessage(error)}`, { cause: error });
  }
}
