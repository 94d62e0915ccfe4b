import type { z } from 'zod';
import { actionButton } from '../html/action-button.ts';
import { badge, facts, jsonBlock, section, type Tone } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { listPage } from '../html/list-page.ts';
import { markup, type Markup } from '../html/markup.ts';
import { localTime, withTimes } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { Page } from '../http/paging.ts';
import { parseJson } from '../values/parse-json.ts';
import type { deadLetterInListJson, deadLetterJson, deadLetterWithBodyJson } from './json.ts';

const path = '/api/dead-letters';

type DeadLetterView = z.output<typeof deadLetterJson>;

const tones: Record<DeadLetterView['status'], Tone> = { open: 'bad', requeued: 'busy', discarded: 'idle' };

/** The list of dead letters as a page. */
export function deadLetterListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<z.output<typeof deadLetterInListJson>>,
): PageContent {
  return listPage({
    title: 'Dead letters',
    about:
      'Messages that could not be handled. Their content is shown to operators on the page of each one, which is noted in the audit trail.',
    path,
    query,
    fields: [
      { name: 'status', label: 'Status', options: Object.keys(tones) },
      { name: 'code', label: 'Code' },
    ],
    columns: [
      'Dead letter',
      'Status',
      'Queue',
      'Reason',
      'Last seen',
      { name: 'Times', kind: 'number' },
      { name: 'Actions', kind: 'buttons' },
    ],
    rows: items.map((letter) => [
      markup`<a href="${letter.links.self}">${letter.messageId ?? letter.id}</a>`,
      badge(tones[letter.status], letter.status),
      letter.queue,
      markup`<code>${letter.reason.code}</code> ${withTimes(letter.reason.message)}`,
      localTime(letter.lastSeenAt),
      String(letter.times),
      buttons(letter),
    ]),
    nextCursor,
    empty: 'No dead letter matches the search.',
  });
}

/** One dead letter as a page, with its body. */
export function deadLetterPage(letter: z.output<typeof deadLetterWithBodyJson>): PageContent {
  return {
    title: letter.messageId ?? letter.id,
    above: markup`<a href="${linkTo(path)}">Dead letters</a> · ${letter.queue}`,
    beside: badge(tones[letter.status], letter.status),
    content: markup`${section(
      'facts',
      'Facts',
      markup`<p class="lead"><code>${letter.reason.code}</code> ${withTimes(letter.reason.message)}</p>
${facts([
  ['Queue', letter.queue],
  ['Message id', letter.messageId ?? undefined],
  ['Correlation id', letter.correlationId ?? undefined],
  ['Content type', letter.contentType ?? undefined],
  ['First seen', localTime(letter.firstSeenAt)],
  ['Last seen', localTime(letter.lastSeenAt)],
  ['Times', String(letter.times)],
  ['Resolved', letter.resolvedAt === null ? undefined : localTime(letter.resolvedAt)],
  ['Discarded because', letter.discardReason ?? undefined],
])}<p class="actions">${buttons(letter)}</p>`,
    )}
${section(
  'body',
  'Content',
  markup`${letter.properties !== null && markup`<h3>Properties</h3>${jsonBlock('Properties', letter.properties)}`}
<h3>Body${letter.body?.encoding === 'base64' && ' in base64'}</h3>
${
  letter.body === null
    ? markup`<p class="empty">${letter.omitted.includes('body') ? 'It is too long to be shown.' : 'It is no longer kept.'}</p>`
    : jsonOrText(letter.body.content)
}`,
)}`,
  };
}

function jsonOrText(content: string): Markup {
  try {
    return jsonBlock('Body', parseJson(Buffer.from(content)));
  } catch {
    return markup`<pre class="scroll" role="group" aria-label="Body" tabindex="0"><code>${content}</code></pre>`;
  }
}

function buttons({ id, status, links }: DeadLetterView): Markup {
  if (status !== 'open') return markup``;
  return markup`${actionButton({
    label: 'Requeue',
    of: id,
    post: `${links.self}/requeue`,
    question: 'Put this message back into its queue?',
  })} ${actionButton({
    label: 'Discard',
    of: id,
    post: `${links.self}/discard`,
    question: 'Discard this message? It will not be handled.',
    reasonIn: 'reason',
    needsReason: true,
    isFinal: true,
  })}`;
}
