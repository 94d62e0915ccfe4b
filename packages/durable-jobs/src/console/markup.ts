import { formatCount } from '../values/format.ts';
import { markup, type Markup } from '../html/markup.ts';

const format = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});

/** A time in UTC, which the page's script turns into how long ago it was, or how soon it will be. */
export function moment(at: Date | string): Markup {
  const date = new Date(at);
  return markup`<time datetime="${date.toISOString()}">${format.format(date)} UTC</time>`;
}

/** The beginning of a state that still lasts, which the script turns into `for 5 min`. */
export function span(since: Date | string): Markup {
  const date = new Date(since);
  return markup`<time datetime="${date.toISOString()}" data-span>since ${format.format(date)} UTC</time>`;
}

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
export function nothing(text: string): Markup {
  return markup`<p class="empty">${text}</p>`;
}

/**
 * A button for operators that sends a request to the API. It is hidden until the script shows it; the script asks for confirmation and
 * sends the request.
 */
export function actionButton(action: { label: string; post: string; question: string; of: string }): Markup {
  return markup`<button type="button" class="act" hidden data-post="${action.post}" data-question="${action.question}" aria-label="${action.label} ${action.of}">${action.label}</button>`;
}
