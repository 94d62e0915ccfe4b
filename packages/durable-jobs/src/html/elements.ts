import { formatCount } from '../values/format.ts';
import { markup, type Markup } from './markup.ts';

/** A status, which determines a color. */
export type Tone = 'good' | 'bad' | 'busy' | 'idle' | 'warn';

/** A colored label. */
export function badge(tone: Tone, text: string): Markup {
  return markup`<span class="badge ${tone}">${text}</span>`;
}

/** A number, which is dimmed if it is zero. */
export function count(value: number): Markup {
  return value === 0 ? markup`<span class="zero">0</span>` : markup`${formatCount(value)}`;
}

/** A sentence for an empty list. */
export function nothing(text: string | Markup): Markup {
  return markup`<p class="empty">${text}</p>`;
}

/**
 * Stands in for the content of a section whose data is unavailable. A page that is open and shows the section's content keeps it, and adds
 * the cause and how old the content is.
 */
export function unavailable(cause: string): Markup {
  return markup`<p class="away" data-unavailable="${cause}">${cause} This section cannot be shown.</p>`;
}

/** A dash for a value that there is not. */
export const none = markup`<span class="zero">–</span>`;

/** Names with their values; those whose value is undefined are left out. */
export function facts(
  list: readonly (readonly [name: string, value: Markup | string | undefined])[],
): Markup {
  return markup`<dl class="facts">${list.map(
    ([name, value]) => value !== undefined && markup`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

/** A value as formatted JSON, which can be scrolled. */
export function jsonBlock(name: string, value: unknown): Markup {
  return markup`<pre class="scroll" role="group" aria-label="${name}" tabindex="0"><code>${JSON.stringify(value ?? null, null, 2)}</code></pre>`;
}

/** A part of a page with a heading. While the page is open, its content is kept up to date. */
export function section(id: string, title: string, content: Markup): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
<div class="content" id="${id}-content" data-live>${content}</div>
</section>
`;
}
