import { LRUCache } from 'lru-cache';
import { markup } from '../html/markup.ts';
import type { Why } from '../jobs/explain/why.ts';
import { inWords } from '../jobs/kebab-case.ts';
import { listJobs } from '../jobs/list/list-jobs.ts';
import type { JobLister } from '../jobs/list/reading.ts';
import type { ListedJob } from '../jobs/list/listed-job.ts';
import { readWhy } from '../jobs/explain/read-why.ts';
import { actionButton } from '../html/action-button.ts';
import { badge, nothing } from '../html/elements.ts';
import { moment, withTimes } from '../html/times.ts';
import { PART_TIMEOUT_MS, type Part } from './part.ts';
import { linkTo } from '../http/mount.ts';
import { linkToJob } from '../jobs/link-to-job.ts';

/** Maximum number shown. */
const SHOWN = 6;

/** The most recent failed jobs with their reasons. */
export function failuresPart(lister: JobLister): Part {
  // The reason for a run's failure never changes.
  const known = new LRUCache<string, Why>({ max: 100 });
  const whyOf = async ({ id, runId }: ListedJob): Promise<Why | undefined> => {
    const key = runId ?? id;
    const why = known.get(key) ?? (await readWhy(lister, id, PART_TIMEOUT_MS));
    if (why?.code === 'failed') known.set(key, why);
    // It may have been retried since it was listed.
    return why?.code === 'failed' ? why : undefined;
  };
  return {
    id: 'failures',
    title: 'Recent failures',
    asks: 'The job engine',
    async render() {
      const { items } = await listJobs(lister, { status: 'failed' }, { limit: SHOWN, place: undefined });
      if (items.length === 0) return nothing('No job has failed.');
      const failures = await Promise.all(items.map(async (job) => ({ job, why: await whyOf(job) })));
      return markup`<ul class="failures">${failures.map(
        ({ job: { id, type, closedAt, failure }, why }) => markup`<li>
<p class="row"><a href="${linkToJob(id)}">${id}</a> ${closedAt !== null && moment(closedAt)}
${actionButton({ label: 'Retry', of: id, post: linkToJob(id, '/retry'), body: { scope: 'run' }, question: `Run ${id} again, with the same input?` })}</p>
<p>${badge('bad', failure?.code ?? 'failed')} ${withTimes(failure?.message ?? '')}</p>
<p class="note">${type}${why?.activity !== undefined && `, ${inWords(why.activity)}, attempt ${why.attempt}${why.of === undefined ? '' : ` of ${why.of}`}`}. <a href="${linkTo(`/dashboard?job=${encodeURIComponent(id)}`)}">Web UI</a></p></li>
`,
      )}</ul>
<p class="more"><a href="${linkTo('/api/jobs?status=failed')}">All failed jobs</a></p>`;
    },
  };
}
