import { findUndispatchedStart } from '../outbox/find.ts';
import { readPollers, type Pollers } from '../../engine/task-queues.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { explainRun, explainStart, unclaimedLanes, type Lane, type Why } from './explain-job.ts';
import { readRecord, type JobReader, type JobRecord } from '../read-job.ts';

/**
 * Explains why a job is in its state; undefined if it does not exist. If the engine is unavailable, a job that it has not started yet is
 * still explained.
 * @throws the client's error if the engine is unavailable and has the job.
 */
export async function readWhy(reader: JobReader, id: string, timeoutMs: number): Promise<Why | undefined> {
  try {
    return await reader.client.withDeadline(Date.now() + timeoutMs, async () => {
      const record = await readRecord(reader, id);
      return record && (await explainRecord(reader, record));
    });
  } catch (error) {
    if (!isEngineUnavailable(error)) throw error;
    const start = await findUndispatchedStart(reader.db, id);
    if (!start) throw error;
    return explainStart(start, true);
  }
}

/** Explains why a job is in its state, from a record that was read before. */
export async function explainRecord(reader: JobReader, { run, start }: JobRecord): Promise<Why> {
  if (!run) return explainStart(start, false);
  const nameOf = ({ queue, kind }: Lane): string => `${kind}:${queue}`;
  const pollers = new Map<string, Pollers>();
  await Promise.all(
    unclaimedLanes(run).map(async (lane) => {
      pollers.set(nameOf(lane), await readPollers(reader.client, lane.queue, lane.kind));
    }),
  );
  return explainRun(run, (lane) => pollers.get(nameOf(lane)));
}
