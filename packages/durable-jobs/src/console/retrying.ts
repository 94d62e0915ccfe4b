import type { Db } from '../database/connect.ts';
import { markup } from '../html/markup.ts';
import { formatCount } from '../values/format.ts';
import { countFailingJobs, newestFailures } from '../jobs/run-records/failing-activities.ts';
import { inWords } from '../jobs/kebab-case.ts';
import { actionButton } from '../html/action-button.ts';
import { badge, nothing } from '../html/elements.ts';
import { moment } from '../html/times.ts';
import type { Part } from './part.ts';
import { linkTo } from '../http/mount.ts';
import { linkToJob } from '../jobs/link-to-job.ts';

/** Maximum number shown. */
const SHOWN = 6;

/** Returns the number of jobs whose last attempt failed and that will be retried. */
export async function countRetrying(db: Db): Promise<number> {
  return [...(await countFailingJobs(db)).values()].reduce((sum, jobs) => sum + jobs, 0);
}

/** The jobs whose last attempt failed and that will be retried, with their errors. */
export function retryingPart(db: Db): Part {
  return {
    id: 'retrying',
    title: 'Retrying now',
    asks: 'The database',
    async render() {
      const [total, newest] = await Promise.all([countRetrying(db), newestFailures(db, SHOWN)]);
      if (total === 0) return nothing('No job is retrying.');
      return markup`<ul class="failures">${newest.map(
        (failure) => markup`<li>
<p class="row"><a href="${linkToJob(failure.jobId)}">${failure.jobId}</a> ${moment(failure.failedAt)}
${actionButton({ label: 'Retry now', of: failure.jobId, post: linkToJob(failure.jobId, '/retry'), body: { scope: 'attempt' }, question: `Start the next attempt of ${failure.jobId} now?` })}</p>
<p>${badge('warn', failure.errorCode)} ${failure.errorMessage}</p>
<p class="note">${failure.jobType}, ${inWords(failure.activityType)}, attempt ${failure.attempt}. <a href="${linkTo(`/dashboard?job=${encodeURIComponent(failure.jobId)}`)}">Web UI</a></p></li>
`,
      )}</ul>
<p class="more"><a href="${linkTo('/api/jobs?status=retrying')}">All retrying jobs (${formatCount(total)})</a></p>`;
    },
  };
}
