import { markup } from '../../platform/reports/markup.ts';
import { listJobs, type JobLister } from '../jobs/list-jobs.ts';
import { actionButton, badge, moment, nothing } from './markup.ts';
import type { Part } from './part.ts';

/** Shown at most. */
const SHOWN = 6;

/** The jobs that failed last, and why. */
export function failuresPart(lister: JobLister): Part {
  return {
    id: 'failures',
    title: 'Recent failures',
    asks: 'The job engine',
    async render() {
      const { items } = await listJobs(lister, { status: 'failed' }, { limit: SHOWN, place: undefined });
      if (items.length === 0) return nothing('No job has failed.');
      return markup`<ul class="failures">${items.map(
        ({ id, closedAt, failure }) => markup`<li>
<p class="row"><a href="/dashboard?job=${encodeURIComponent(id)}">${id}</a> ${closedAt !== null && moment(closedAt)}
${actionButton({ label: 'Retry', of: id, post: `/api/jobs/${id}/retry`, question: `Run ${id} again, with the same input?` })}</p>
<p>${badge('bad', failure?.code ?? 'failed')} ${failure?.message ?? ''}</p></li>
`,
      )}</ul>`;
    },
  };
}
