import { readEffects, type JobEffectsByType } from './effects.ts';
import { jobView, type JobSources } from '../job-view.ts';
import { readRun, type JobReader } from '../read-job.ts';
import { readAcceptedAt, timelineOf, type Timeline } from './timeline.ts';
import { explainRecord } from '../explain/read-why.ts';

/** Dependencies of reading timelines. */
export type TimelineReader = JobReader & { jobEffects: JobEffectsByType };

/** What happened to a run of a job, by default the newest; undefined if the engine has none. */
export async function readTimeline(
  reader: TimelineReader,
  id: string,
  runId?: string,
): Promise<Timeline | undefined> {
  const run = await readRun(reader, id, runId);
  return run && (await timelineOfRun(reader, run));
}

/** What happened to a run that was read before. */
export async function timelineOfRun(reader: TimelineReader, run: JobSources): Promise<Timeline> {
  const view = jobView(run);
  const [why, effects, acceptedAt] = await Promise.all([
    explainRecord(reader, { run }),
    readEffects(reader.jobEffects, reader.db, { type: view.type, businessKey: view.businessKey ?? '' }),
    readAcceptedAt(reader.db, view.id, run.description.startTime),
  ]);
  return timelineOf({ run, view, why, effects, acceptedAt });
}
