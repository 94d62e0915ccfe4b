import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Condition } from '../../engine/visibility-query.ts';
import { spread } from '../../worker/replay/choose-sample.ts';
import type { NamedHistory } from '../../worker/replay/named-history.ts';

/** Which runs are downloaded. */
export interface DownloadOptions {
  /** A client of the namespace. One that decrypts what it reads is not needed: the replay does that. */
  client: Pick<Client, 'workflow'>;
  /** The job types, each sampled by itself. */
  types: readonly string[];
  /** Only runs that have not ended: those that new code can break. False unless it is given. */
  open?: boolean;
  /** How many runs of each type at most, spread evenly from the newest to the oldest; 20 by default. */
  sample?: number;
}

/**
 * Downloads histories of a namespace, to be replayed. Runs that are gone between the search and the download are left out.
 * @throws {RangeError} if `sample` is no whole number above 0; otherwise what the client throws.
 */
export async function* downloadHistories(options: DownloadOptions): AsyncIterable<NamedHistory> {
  const { client, types, open = false, sample = 20 } = options;
  if (!Number.isInteger(sample) || sample < 1)
    throw new RangeError('sample must be a whole number greater than 0');
  for (const type of types) {
    for (const { workflowId, runId } of spread(await runsOf(client, type, open), sample)) {
      const history = await historyOf(client, workflowId, runId);
      if (history) yield { name: `${workflowId}/${runId}`, workflowId, history };
    }
  }
}

interface RunId {
  workflowId: string;
  runId: string;
}

async function runsOf(client: DownloadOptions['client'], type: string, open: boolean): Promise<RunId[]> {
  const query = Condition.all([
    Condition.isOneOf('JobType', [type]),
    ...(open ? [Condition.isOneOf('ExecutionStatus', ['Running'])] : []),
  ]);
  const runs: RunId[] = [];
  for await (const { workflowId, runId } of client.workflow.list({
    query: query.toString(),
    pageSize: 1_000,
  })) {
    runs.push({ workflowId, runId });
  }
  return runs;
}

async function historyOf(client: DownloadOptions['client'], workflowId: string, runId: string) {
  try {
    return await client.workflow.getHandle(workflowId, runId).fetchHistory();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
