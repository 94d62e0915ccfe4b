import { explainRecord } from '../explain/read-why.ts';
import type { Why } from '../explain/why.ts';
import { relationsOf, type JobRelations } from '../flow/groups.ts';
import { progressByRows, readRecord, readRun, readStarts, viewOf, type ShownJob } from '../read-job.ts';
import { inputOf } from '../run-state/history.ts';
import { timelineOfRun, type TimelineReader } from '../timeline/read-timeline.ts';
import type { Timeline } from '../timeline/timeline.ts';

/** What the page of a job shows. */
export interface JobPageData {
  job: ShownJob;
  why: Why;
  /** Undefined until the engine has a run. */
  timeline: Timeline | undefined;
  /** The input of the run; undefined until there is one. */
  input: unknown;
  related: JobRelations;
}

/** Reads what the page of a job shows, of its newest run by default; undefined if there is no such job or run. */
export async function readJobPage(
  reader: TimelineReader,
  id: string,
  runId?: string,
): Promise<JobPageData | undefined> {
  const wanted = runId === undefined ? undefined : await readRun(reader, id, runId);
  const record = runId === undefined ? await readRecord(reader, id) : wanted && { run: wanted };
  if (!record) return undefined;
  const view = viewOf(id, record);
  const { run } = record;
  const [starts, progress, timeline, related] = await Promise.all([
    readStarts(reader, id),
    progressByRows(reader, view),
    run && timelineOfRun(reader, run),
    relationsOf(reader.db, id),
  ]);
  return {
    job: { ...view, progress: progress ?? view.progress, starts },
    why: timeline?.why ?? (await explainRecord(reader, record)),
    timeline,
    input: run && inputOf(run.events),
    related,
  };
}
