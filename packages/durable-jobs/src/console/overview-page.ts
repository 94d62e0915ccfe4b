import { section } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { markup, type Markup } from '../html/markup.ts';

/** The heading and content of a section, as the page shows them. */
export interface Section {
  id: string;
  title: string;
  /** Its column on a wide screen; on a phone, the left column comes before the right one. */
  place: 'top' | 'left' | 'right';
  content: Markup;
}

/** How often an open overview is refreshed. */
const REFRESH_SECONDS = 5;

/** The page that shows the state of the whole system. */
export function overviewPage(sections: readonly Section[]): PageContent {
  const at = (wanted: Section['place']): Markup[] =>
    sections
      .filter(({ place }) => place === wanted)
      .map(({ id, title, content }) => section(id, title, content));
  return {
    title: 'Overview',
    refreshSeconds: REFRESH_SECONDS,
    content: markup`<div class="columns">
${at('top')}<div class="column">
${at('left')}</div><div class="column">
${at('right')}</div>
</div>`,
  };
}

/** The page of the workers and queues, which are sections of the overview too. */
export function queuesPage(sections: readonly Omit<Section, 'place'>[]): PageContent {
  return {
    title: 'Workers and queues',
    refreshSeconds: REFRESH_SECONDS,
    content: markup`${sections.map(({ id, title, content }) => section(id, title, content))}`,
  };
}
