import type { PageContent } from '../html/frame.ts';
import { markup } from '../html/markup.ts';
import { withTimes } from '../html/times.ts';
import { linkTo } from './mount.ts';
import type { Problem } from './problem.ts';

/** A problem as a page for people. */
export function problemPage({ kind, detail, errors }: Problem, requestId: string): PageContent {
  return {
    title: kind.title,
    content: markup`<section>
<p class="lead">${withTimes(detail)}</p>
${errors && markup`<ul class="hints">${errors.map(({ path, message }) => markup`<li><code>${path}</code> ${withTimes(message)}</li>`)}</ul>`}
<p class="hints">${kind.status >= 500 ? 'The page may be available in a moment: reload it.' : markup`Go back, or open the <a href="${linkTo('/')}">overview</a> or the <a href="${linkTo('/api/jobs')}">list of jobs</a>.`}</p>
<p class="note hints">Status ${kind.status}, code <code>${kind.code}</code>${requestId !== '' && markup`, request <code>${requestId}</code>`}.</p>
</section>`,
  };
}
