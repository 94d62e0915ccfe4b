import type { Client } from '@temporalio/client';
import type { Logger } from '../telemetry/logger.ts';
import { markup, type Markup } from '../html/markup.ts';
import { withinTime } from '../process/within-time.ts';

/** A part of the home page. */
export interface Part {
  /** Unique on the page; links lead to it. */
  id: string;
  title: string;
  /** What it reads from, as the message about an outage names it. */
  asks: 'The job engine' | 'The database' | 'The database or the job engine';
  /** Its content, without a heading. What it shows of time stands in `<time>`, so that it is the same until something changes. */
  render: () => Promise<Markup>;
}

/** How long a part may take: the page is served without those that take longer. */
export const PART_TIMEOUT_MS = 1_500;

/** A part's content is shared for so long, however many people look at the page. */
const SHARED_MS = 2_000;

/** A part that never fails and never takes long: where its figures are unavailable, it says so. */
export interface SafePart {
  id: string;
  title: string;
  html: () => Promise<Markup>;
}

/** Makes a part safe, see {@link SafePart}. */
export function safePart(part: Part, { client, logger }: { client: Client; logger: Logger }): SafePart {
  let shared: { until: number; html: Promise<Markup> } | undefined;
  let isAway = false;
  const renderSafely = async (): Promise<Markup> => {
    try {
      // What nobody waits for any more must not go on, neither in the database nor at the engine.
      const render = () => client.withDeadline(Date.now() + PART_TIMEOUT_MS, part.render);
      const html = await withinTime(PART_TIMEOUT_MS, render, () => new Error('no answer in time'));
      isAway = false;
      return html;
    } catch (error) {
      // Once an outage: a page that is open asks again and again.
      logger[isAway ? 'debug' : 'warn'](
        { err: error, part: part.id },
        'part of the home page could not be rendered',
      );
      isAway = true;
      return markup`<p class="away">${part.asks} does not answer at the moment: this is not known.</p>`;
    }
  };
  return {
    id: part.id,
    title: part.title,
    html() {
      if (!shared || Date.now() >= shared.until) {
        shared = { until: Date.now() + SHARED_MS, html: renderSafely() };
      }
      return shared.html;
    },
  };
}
