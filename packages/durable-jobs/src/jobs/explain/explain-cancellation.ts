import type { JobSources } from '../job-view.ts';
import { activityStateOf } from '../run-state/pending-activity.ts';
import { attemptOf, factsOf, trackOf, wordsOf } from './activity-facts.ts';
import { byWhom, post, who } from './sentences.ts';
import type { Why } from './why.ts';

/** Explains a job whose cancellation was requested and whose code has not ended yet. */
export function explainCancellation({ description, summary }: JobSources): Why | undefined {
  const { cancellation } = summary;
  const pending = description.raw.pendingActivities ?? [];
  if (!cancellation) return undefined;
  const [activity] = pending;
  return {
    code: 'cancelling',
    sentence: `Cancellation was requested at ${cancellation.at.toISOString()}${byWhom(cancellation.by, cancellation.reason)}; the job ends once ${activity ? wordsOf(activity) : 'its code'} has ended.`,
    since: cancellation.at.toISOString(),
    ...(activity ? factsOf(activity) : {}),
    ...who(cancellation.by, cancellation.reason),
    actions: [post(description.workflowId, 'terminate', 'Ends it immediately, without cleanup.')],
  };
}

/** Explains an activity that the workflow is cancelling, such as a call of a cancelled job. */
export function explainCancelledActivity({ description, summary }: JobSources): Why | undefined {
  const activity = description.raw.pendingActivities?.find((one) => activityStateOf(one) === 'cancelling');
  if (!activity) return undefined;
  const track = trackOf(activity, summary.activities);
  const since = track?.cancelRequestedAt?.toISOString();
  return {
    code: 'cancelling_activity',
    sentence: `Cancellation of ${wordsOf(activity)} was requested${since === undefined ? '' : ` at ${since}`}; its attempt ${attemptOf(activity)} is still running on the worker ${activity.lastWorkerIdentity ?? ''}, and no other attempt follows.`,
    ...factsOf(activity),
    queue: track?.taskQueue ?? description.taskQueue,
    ...(since === undefined ? {} : { since }),
    actions: [],
  };
}
