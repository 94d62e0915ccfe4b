import { badge, type Tone } from '../../html/elements.ts';
import type { Markup } from '../../html/markup.ts';
import type { JobStatus } from '../job-view.ts';

const tones: Record<JobStatus, Tone> = {
  scheduled: 'idle',
  running: 'busy',
  waiting: 'busy',
  retrying: 'warn',
  paused: 'warn',
  completed: 'good',
  failed: 'bad',
  cancelled: 'idle',
  terminated: 'idle',
};

/** The status of a job as a colored label. */
export function statusBadge(status: JobStatus): Markup {
  return badge(tones[status], status);
}
