import { readPollers, type Pollers } from '../../engine/task-queues.ts';
import { urgencyOfRun } from '../../engine/priority.ts';
import { explainRun } from './explain-run.ts';
import { explainStart } from './explain-start.ts';
import { explainTurn } from './explain-turn.ts';
import { pinnedVersionOf, unclaimedLanes, type Lane } from './unclaimed-lanes.ts';
import type { Why } from './why.ts';
import { readRecord, type JobReader, type JobRecord } from '../read-job.ts';

/**
 * Explains why a job is in its state; undefined if it does not exist. If the engine is unavailable, a job that it has not started yet is
 * still explained.
 * @throws the client's error if the engine is unavailable and has the job.
 */
export async function readWhy(reader: JobReader, id: string, timeoutMs: number): Promise<Why | undefined> {
  return reader.client.withDeadline(Date.now() + timeoutMs, async () => {
    const record = await readRecord(reader, id);
    return record && (await explainRecord(reader, record));
  });
}

/** Explains why a job is in its state, from a record that was read before. */
export async function explainRecord(reader: JobReader, record: JobRecord): Promise<Why> {
  const { run } = record;
  if (!run) return explainTurn(explainStart(record.start, record.isEngineAway), record.start);
  const nameOf = ({ queue, kind }: Lane): string => `${kind}:${queue}`;
  const pollers = new Map<string, Pollers>();
  const pinnedTo = pinnedVersionOf(run.description);
  await Promise.all(
    unclaimedLanes(run).map(async (lane) => {
      pollers.set(nameOf(lane), await readPollers(reader.client, lane.queue, lane.kind, pinnedTo));
    }),
  );
  const why = explainRun(run, (lane) => pollers.get(nameOf(lane)));
  return explainTurn(why, urgencyOfRun(run.description.priority));
}
