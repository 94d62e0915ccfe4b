import type { Db } from '../database/connect.ts';
import { formatCount } from '../values/format.ts';
import { markup } from '../html/markup.ts';
import { listOpenBulkJobs } from '../bulk/rows.ts';
import { presentBulkJob } from '../bulk/json.ts';
import { badge, nothing } from '../html/elements.ts';
import { moment } from '../html/times.ts';
import type { Part } from './part.ts';

/** Maximum number shown. */
const SHOWN = 10;

/** The open bulk jobs with their progress. */
export function bulkJobsPart(db: Db): Part {
  return {
    id: 'bulk-jobs',
    title: 'Bulk jobs in progress',
    asks: 'The database',
    async render() {
      const jobs = await listOpenBulkJobs(db, SHOWN);
      if (jobs.length === 0) return nothing('None.');
      return markup`<ul class="bulk">${jobs.map((job) => {
        const { id, links, task, status, counts, rate, estimatedEndAt } = presentBulkJob(job, Date.now());
        const ended = counts.done + counts.failed;
        return markup`<li>
<p class="row"><a href="${links.self}">${task}</a> ${badge(status === 'paused' ? 'warn' : 'busy', status)}</p>
<progress max="${Math.max(1, counts.total)}" value="${ended}" aria-label="Progress of ${task} ${id}"></progress>
<p class="note">${formatCount(ended)} of ${formatCount(counts.total)}${counts.failed > 0 && `, ${formatCount(counts.failed)} failed`}${rate !== null && `, ${formatCount(rate)} per second`}${estimatedEndAt !== null && markup`, estimated end ${moment(estimatedEndAt)}`}</p></li>
`;
      })}</ul>`;
    },
  };
}
