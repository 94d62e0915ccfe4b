import { actionButton, type Action } from '../../html/action-button.ts';
import type { Markup } from '../../html/markup.ts';
import { isEnded } from '../../engine/run-status.ts';
import type { JobAction } from '../act/job-actions.ts';
import { linkToJob } from '../link-to-job.ts';
import type { JobStatus } from '../job-view.ts';

type Name = Exclude<JobAction, 'retry'> | 'retryAttempt' | 'retryRun';

/** A button's action; `path` is its route if it differs from its name. */
interface JobButton extends Omit<Action, 'of' | 'post' | 'question'> {
  path?: JobAction;
  question: (id: string) => string;
}

const actions: Record<Name, JobButton> = {
  retryAttempt: {
    path: 'retry',
    label: 'Retry now',
    question: (id) => `Start the next attempt of ${id} now?`,
    body: { scope: 'attempt' },
  },
  retryRun: {
    path: 'retry',
    label: 'Retry',
    question: (id) => `Run ${id} again, with the same input?`,
    body: { scope: 'run' },
  },
  pause: { label: 'Pause', question: (id) => `Pause ${id}? It continues when it is resumed.` },
  resume: { label: 'Resume', question: (id) => `Resume ${id}?` },
  reschedule: {
    label: 'Reschedule',
    question: (id) => `When should ${id} continue?`,
    fields: [{ name: 'at', label: 'Continue at', type: 'time', required: true }],
  },
  cancel: {
    label: 'Cancel',
    question: (id) => `Cancel ${id}? It ends as soon as it has cleaned up.`,
    isFinal: true,
  },
  terminate: {
    label: 'Terminate',
    question: (id) => `Terminate ${id}? It ends immediately, without cleanup.`,
    isFinal: true,
    needsReason: true,
  },
};

/** What an operator can do with a job in a state, the most useful first. */
function possible(status: JobStatus): Name[] {
  if (status === 'completed') return [];
  if (isEnded(status)) return ['retryRun'];
  if (status === 'retrying') return ['retryAttempt', 'pause', 'reschedule', 'cancel', 'terminate'];
  if (status === 'paused') return ['resume', 'cancel', 'terminate'];
  if (status === 'running') return ['pause', 'cancel', 'terminate'];
  return ['pause', 'reschedule', 'cancel', 'terminate'];
}

/** Buttons for what an operator can do with a job. The rules of its type may still refuse an action, with the reason. */
export function jobButtons(id: string, status: JobStatus): Markup[] {
  return possible(status).map((name) => {
    const { path = name, question, ...action } = actions[name];
    return actionButton({
      ...action,
      of: id,
      question: question(id),
      post: linkToJob(id, `/${path}`),
      ...(name !== 'reschedule' && { reasonIn: 'reason' as const }),
    });
  });
}
