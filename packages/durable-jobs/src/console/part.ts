import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Logger } from '../telemetry/logger.ts';
import { unavailable } from '../html/elements.ts';
import type { Markup } from '../html/markup.ts';
import { withinTime } from '../process/within-time.ts';

/** A part of the overview. */
export interface Part {
  /** Id that is unique on the page; links point to it. */
  id: string;
  title: string;
  /** Its data source, as the message about an outage names it. */
  asks: 'The job engine' | 'The database' | 'The database or the job engine';
  /** Returns its content without a heading. Times are in `<time>` elements, so the content stays the same until something changes. */
  render: () => Promise<Markup>;
  /** Whether viewers wait for its present content, even if an older one is at hand. */
  isAlwaysCurrent?: boolean;
}

/** Time limit of a section: the page is served without sections that take longer. */
export const PART_TIMEOUT_MS = 1_500;

/** Time for which all viewers share a section's content. */
const SHARED_MS = 2_000;

/**
 * Time that a viewer waits for new content if there is an older one, and how old that may be: an open page shows the new one when it is
 * refreshed, after 5 s.
 */
const PATIENCE_MS = 200;
const OLDEST_MS = 10_000;

/** A section that never fails and never takes long: if its data is unavailable, it says so. */
export interface SafePart {
  id: string;
  title: string;
  html: () => Promise<Markup>;
}

/** Wraps a section as a {@link SafePart}. Tests use another time limit. */
export function safePart(
  part: Part,
  { client, logger }: { client: Client; logger: Logger },
  timeoutMs = PART_TIMEOUT_MS,
): SafePart {
  let shared: { until: number; html: Promise<Markup> } | undefined;
  let newest: { at: number; html: Markup } | undefined;
  let isAway = false;
  const renderSafely = async (): Promise<Markup> => {
    try {
      // Work whose result is no longer awaited must stop, in the database and in the engine.
      const render = () => client.withDeadline(Date.now() + timeoutMs, part.render);
      const html = await withinTime(timeoutMs, render, () => new Error('no response in time'));
      isAway = false;
      return html;
    } catch (error) {
      // Once per outage, because an open page repeats the request.
      logger[isAway ? 'debug' : 'warn'](
        { err: error, part: part.id },
        'part of the overview could not be rendered',
      );
      isAway = true;
      return unavailable(`${part.asks} is not responding.`);
    }
  };
  return {
    id: part.id,
    title: part.title,
    html() {
      if (!shared || Date.now() >= shared.until) {
        const begin = Date.now();
        const html = renderSafely().then((html) => {
          newest = { at: begin, html };
          return html;
        });
        shared = { until: begin + SHARED_MS, html };
      }
      const older = newest && Date.now() - newest.at <= OLDEST_MS ? newest.html : undefined;
      return older === undefined || part.isAlwaysCurrent === true
        ? shared.html
        : Promise.race([shared.html, delay(PATIENCE_MS, older, { ref: false })]);
    },
  };
}
