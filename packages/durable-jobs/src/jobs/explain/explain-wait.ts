import { linkTo } from '../../http/mount.ts';
import { kebabCase } from '../kebab-case.ts';
import type { JobSources } from '../job-view.ts';
import { linkToJob } from '../link-to-job.ts';
import { isDelay } from '../waits.ts';
import { post } from './sentences.ts';
import type { Why } from './why.ts';

/** Explains a wait that the job's definition declares. It takes precedence over concurrent activities. */
export function explainDeclaredWait({ description, job, summary: history }: JobSources): Why | undefined {
  const timer = history.timers.findLast(
    ({ ended, summary }) => !ended && job.waits?.[summary ?? ''] !== undefined,
  );
  const wait = job.waits?.[timer?.summary ?? ''];
  if (!timer || !wait) return undefined;
  const until = timer.firesAt.toISOString();
  const businessKey = description.workflowId.slice(kebabCase(job.type).length + 1);
  return {
    code: wait.code,
    sentence: wait.sentence(until),
    until,
    actions: [
      ...wait
        .actions(businessKey)
        .map(({ path, ...action }) => ({ ...action, ...(path !== undefined && { path: linkTo(path) }) })),
      { does: 'Cancels it.', method: 'DELETE', path: linkToJob(description.workflowId) },
    ],
  };
}

/** Explains what the workflow of a job without running activities waits for. */
export function explainWait({ description, job, summary: { timers } }: JobSources): Why {
  const id = description.workflowId;
  const timer = timers.findLast((candidate) => !candidate.ended);
  if (timer) {
    const until = timer.firesAt.toISOString();
    const delays = isDelay(job, timer.summary);
    const what = timer.summary === undefined ? '' : ` (${timer.summary})`;
    return {
      code: 'waiting_for_time',
      sentence: delays ? `It waits until ${until}${what}.` : `It waits until ${until} at the latest${what}.`,
      until,
      actions: [
        ...(delays ? [post(id, 'reschedule', 'Moves it to another time.')] : []),
        { does: 'Cancels it.', method: 'DELETE', path: linkToJob(id) },
      ],
    };
  }
  const child = description.raw.pendingChildren?.[0]?.workflowId;
  if (description.raw.pendingWorkflowTask) {
    return {
      code: 'queued',
      sentence: `Its next step waits in the queue ${description.taskQueue} for a free worker.`,
      queue: description.taskQueue,
      actions: [],
    };
  }
  if (child) {
    return {
      code: 'waiting_for_child',
      sentence: `It waits for the job ${child}.`,
      child,
      actions: [{ does: `Read GET ${linkToJob(child, '/why')}.` }],
    };
  }
  return { code: 'waiting_for_message', sentence: 'It waits for a message.', actions: [] };
}
