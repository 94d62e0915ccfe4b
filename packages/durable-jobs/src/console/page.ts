import { markup, type Markup } from '../html/markup.ts';
import { pageIcon } from '../html/page-icon.ts';
import { homeStyle } from './style.ts';
import { linkTo } from '../http/mount.ts';

/** The heading and content of a section, as the page shows them. */
export interface Section {
  id: string;
  title: string;
  /** Its column on a wide screen; on a phone, the left column comes before the right one. */
  place: 'top' | 'left' | 'right';
  content: Markup;
}

/** The content of the page outside of its sections. */
export interface HomeFrame {
  /** URL of the Web UI. */
  uiUrl: string;
  /** The signed-in person, if any. */
  viewer: { name: string; role: string } | undefined;
}

/**
 * The page for people. It is complete without the script, which keeps it up to date and shows its age; without the script, the browser
 * reloads it periodically.
 */
export function homePage(sections: readonly Section[], { uiUrl, viewer }: HomeFrame): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Durable Jobs</title>
${pageIcon}
<noscript><meta http-equiv="refresh" content="15"></noscript>
<style>${homeStyle}</style>
</head>
<body data-role="${viewer?.role ?? ''}">
<a class="skip" href="#parts">Skip to the figures</a>
<header>
<h1>Durable Jobs</h1>
<p id="age" class="note"></p>
<nav aria-label="More">
<a href="${uiUrl}">Web UI</a>
<a href="${linkTo('/api/groups')}">Groups</a>
<a href="${linkTo('/docs')}">API</a>
${viewer && markup`<form method="post" action="${linkTo('/logout')}"><button class="link">Sign out (${viewer.name})</button></form>`}
</nav>
</header>
<p id="notice" role="status" hidden></p>
<main id="parts" tabindex="-1">
${sections.filter(({ place }) => place === 'top').map(sectionMarkup)}<div class="column">
${sections.filter(({ place }) => place === 'left').map(sectionMarkup)}</div><div class="column">
${sections.filter(({ place }) => place === 'right').map(sectionMarkup)}</div>
</main>
<script type="module" src="${linkTo('/home.js')}"></script>
</body>
</html>
`.toString();
}

function sectionMarkup({ id, title, content }: Section): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
<div class="content">${content}</div>
</section>
`;
}
