import { isOpen } from '../../engine/run-status.ts';
import { startToCome, type JobSources } from '../job-view.ts';
import { linkToJob } from '../link-to-job.ts';
import { explainActivity } from './explain-activity.ts';
import { explainCancellation, explainCancelledActivity } from './explain-cancellation.ts';
import { explainCode } from './explain-code.ts';
import { explainEnd } from './explain-end.ts';
import { explainHold, explainPause } from './explain-pause.ts';
import { explainDeclaredWait, explainWait } from './explain-wait.ts';
import { post } from './sentences.ts';
import type { PollersOf } from './unclaimed-lanes.ts';
import type { Why } from './why.ts';

/** Explains a run from the engine's data and the pollers. */
export function explainRun(sources: JobSources, pollersOf: PollersOf): Why {
  const { progress } = sources;
  return { ...explain(sources, pollersOf), ...(progress !== undefined && { progress }) };
}

/** The first explanation that applies counts: what stops a job comes before what it does. */
function explain(sources: JobSources, pollersOf: PollersOf): Why {
  const { description, summary } = sources;
  const id = description.workflowId;
  if (!isOpen(description)) return explainEnd(sources);
  const start = startToCome(description, summary);
  if (start) {
    const until = start.toISOString();
    return {
      code: 'scheduled',
      sentence: `It is scheduled for ${until}.`,
      since: description.startTime.toISOString(),
      until,
      actions: [
        post(id, 'reschedule', 'Moves it to another time.'),
        { does: 'Cancels it.', method: 'DELETE', path: linkToJob(id) },
      ],
    };
  }
  return (
    explainPause(sources) ??
    explainCode(sources, pollersOf) ??
    explainCancellation(sources) ??
    explainCancelledActivity(sources) ??
    explainDeclaredWait(sources) ??
    explainActivity(sources, pollersOf) ??
    explainHold(sources) ??
    explainWait(sources)
  );
}
