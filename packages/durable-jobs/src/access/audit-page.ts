import type { z } from 'zod';
import { badge, none, type Tone } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { listPage } from '../html/list-page.ts';
import { markup, type Markup } from '../html/markup.ts';
import { localTime } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { Page } from '../http/paging.ts';
import type { auditEntryJson } from './audit-json.ts';

type AuditEntryView = z.output<typeof auditEntryJson>;

const path = '/api/audit';
const tones: Record<AuditEntryView['outcome'], Tone> = {
  done: 'good',
  refused: 'warn',
  failed: 'bad',
  unknown: 'idle',
};

/** Values that a cell shows without a click, and how many of them if there are more. */
const MOST_SHOWN = 6;
const SHOWN_OF_MANY = 4;

/** The audit trail as a page. */
export function auditPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<AuditEntryView>,
): PageContent {
  return listPage({
    title: 'Audit trail',
    about: 'Who did what, when and why, newest first.',
    path,
    query,
    fields: [
      { name: 'who', label: 'Key (name or id)' },
      { name: 'what', label: 'Action, path or id' },
      { name: 'outcome', label: 'Outcome', options: Object.keys(tones) },
      { name: 'from', label: 'From', isTime: true, isRare: true },
      { name: 'to', label: 'To', isTime: true, isRare: true },
    ],
    columns: ['Time', 'Key', 'Action', 'On', 'Reason', 'Outcome'],
    rows: items.map((entry) => [
      localTime(entry.at),
      markup`<a href="${linkTo(`${path}?who=${encodeURIComponent(entry.who.id)}`)}">${entry.who.name}</a>`,
      entry.action === null ? none : markup`<code class="one-line">${entry.action}</code>`,
      paramsOf(entry),
      entry.reason ?? '',
      markup`${badge(tones[entry.outcome], entry.outcome)}${entry.code !== null && markup` <code>${entry.code}</code>`}`,
    ]),
    nextCursor,
    empty: 'No entry matches the search.',
  });
}

/** What a request acted on: first what has a name, then the numbered jobs of a batch. If they are many, the rest can be opened. */
function paramsOf({ id, params }: AuditEntryView): Markup | string {
  const values = Object.entries(params)
    .toSorted(([one], [other]) => numberIn(one) - numberIn(other))
    .map(([, value]) => value);
  if (values.length === 0) return '';
  if (values.length <= MOST_SHOWN) return markup`<span class="long">${values.join(', ')}</span>`;
  const shown = values.slice(0, SHOWN_OF_MANY);
  const rest = values.slice(SHOWN_OF_MANY);
  return markup`<span class="long">${shown.join(', ')}</span>
<details><summary id="params-${id}">and ${rest.length} more</summary><span class="long">${rest.join(', ')}</span></details>`;
}

/** The number at the end of a name such as `job17`; zero without one. */
function numberIn(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? 0);
}
