import type { JobSources } from '../job-view.ts';
import { toDate, toError } from '../run-state/history.ts';
import { isPaused, isRunning } from '../run-state/pending-activity.ts';
import { attemptOf, factsOf, wordsOf } from './activity-facts.ts';
import { byWhom, post, sentenceCase, who } from './sentences.ts';
import type { Why } from './why.ts';

/** Explains the engine's own pause of an activity that waits for its next attempt. */
export function explainPause({ description }: JobSources): Why | undefined {
  const paused = description.raw.pendingActivities?.find(isPaused);
  if (!paused) return undefined;
  const by = paused.pauseInfo?.manual?.identity ?? '';
  const reason = paused.pauseInfo?.manual?.reason ?? '';
  const since = toDate(paused.pauseInfo?.pauseTime)?.toISOString();
  const error = toError(paused.lastFailure);
  const name = sentenceCase(wordsOf(paused));
  return {
    code: 'paused',
    sentence: isRunning(paused)
      ? `${name} was paused${byWhom(by, reason)} during its attempt ${attemptOf(paused)}, which is still running; no other attempt begins until it is resumed.`
      : `${name} is paused before its attempt ${attemptOf(paused)}${byWhom(by, reason)}; it continues when it is resumed.`,
    ...(since === undefined ? {} : { since }),
    ...factsOf(paused),
    ...(error ? { error } : {}),
    ...who(by, reason),
    actions: [post(description.workflowId, 'resume', 'Resumes it.')],
  };
}

/** Explains a job whose workflow waits because an operator's message paused it. */
export function explainHold({ description, summary: { heldBack } }: JobSources): Why | undefined {
  if (!heldBack) return undefined;
  return {
    code: 'paused',
    sentence: `It has been paused since ${heldBack.at.toISOString()}${byWhom(heldBack.by, heldBack.reason)}; it continues when it is resumed.`,
    since: heldBack.at.toISOString(),
    ...who(heldBack.by, heldBack.reason),
    actions: [post(description.workflowId, 'resume', 'Resumes it.')],
  };
}
