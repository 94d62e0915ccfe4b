import type { RetryScope } from '../act/job-actions.ts';
import { linkToJob } from '../link-to-job.ts';
import type { AttemptError } from '../run-state/history.ts';
import type { WhyAction } from '../waits.ts';
import type { Why } from './why.ts';

/** Formats an error for use in a sentence. */
export function inShort(error: AttemptError | null | undefined): string {
  return `${error?.code ?? 'Error'}: ${withoutStop(error?.message ?? 'no message')}`;
}

/** Returns a text without a period at its end, so that the sentence can continue. */
export function withoutStop(text: string): string {
  return text.replace(/[.\s]+$/, '');
}

/** Returns a text that begins with a capital letter. */
export function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Returns who acted and why, without unknown facts. */
export function who(by: string, reason: string): Pick<Why, 'by' | 'reason'> {
  return { ...(by === '' ? {} : { by }), ...(reason === '' ? {} : { reason }) };
}

/** Formats who acted and why for use in a sentence: ` by alice (reason)`, or less if less is known. */
export function byWhom(by: string, reason: string): string {
  return `${by === '' ? '' : ` by ${by}`}${reason === '' ? '' : ` (${reason})`}`;
}

/** Says how many earlier starts one has replaced, in a sentence after others; empty if there is none. */
export function replacedOthers(count: number): string {
  return count === 0 ? '' : ` It replaced ${count === 1 ? 'an earlier start' : `${count} earlier starts`}.`;
}

/** Returns an action on a job as a POST request. */
export function post(id: string, action: string, does: string): WhyAction {
  return { does, method: 'POST', path: linkToJob(id, `/${action}`) };
}

/** Returns a retry, which is refused if the job's state has changed meanwhile. */
export function retry(id: string, scope: RetryScope, does: string): WhyAction {
  return { ...post(id, 'retry', does), body: { scope } };
}
