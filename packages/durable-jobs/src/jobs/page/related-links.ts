import { markup, type Markup } from '../../html/markup.ts';
import type { JobRelations } from '../flow/groups.ts';
import { linkToGroup } from '../flow/link-to-group.ts';
import { linkToJob } from '../link-to-job.ts';

/** Links to the groups that a job is in, and to the jobs that start after it. */
export function relatedLinks({ groups, continuations }: JobRelations): Markup {
  const line = (name: string, links: Markup[]) =>
    links.length > 0 &&
    markup`<p class="note">${name}: ${links.map((link, index) => [index > 0 && ', ', link])}</p>
`;
  return markup`${line(
    groups.length === 1 ? 'Group' : 'Groups',
    groups.map((id) => markup`<a href="${linkToGroup(id)}">${id}</a>`),
  )}${line(
    'Starts after it',
    continuations.map((id) => markup`<a href="${linkToJob(id)}">${id}</a>`),
  )}`;
}
