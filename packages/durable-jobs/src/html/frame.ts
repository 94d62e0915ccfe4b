import { linkTo } from '../http/mount.ts';
import type { Role } from '../http/roles.ts';
import { consoleStyle } from './console-style.ts';
import { markup, type Markup } from './markup.ts';
import { pageIcon } from './page-icon.ts';

/** A page of the navigation. */
export interface NavigationItem {
  name: string;
  /** Path of the page: the item is current on this page and on those below it. */
  path: string;
}

/** Items of the navigation under a heading. */
export interface NavigationGroup {
  name: string;
  items: readonly NavigationItem[];
}

/** What is the same on every page of the console. */
export interface Frame {
  /** Empty where nobody is signed in: the page then has neither a navigation nor a search. */
  navigation: readonly NavigationGroup[];
  /** URL of Temporal's Web UI. */
  uiUrl: string;
  /** The signed-in person; undefined for a program that sends a key. */
  viewer: { name: string; role: Role } | undefined;
  /** Path of the page, without the path that the routes are mounted under. */
  path: string;
}

/** The content of a page. */
export interface PageContent {
  title: string;
  /** Path of the page's item in the navigation, if the page itself is not below that path. */
  under?: string | undefined;
  /** Text or links above the title, such as the list that the page belongs to. */
  above?: Markup | undefined;
  /** Beside the title, such as a status. */
  beside?: Markup | undefined;
  content: Markup;
  /** Rules of this page's own, in addition to the style sheet of the console. */
  style?: Markup | undefined;
  /** Seconds after which an open page is refreshed; not at all if it is left out. */
  refreshSeconds?: number | undefined;
  /** Path of a stream of events: an open page is refreshed at each of them, too. */
  events?: string | undefined;
  /** The id of the stream's event that reports what this page shows. The page is not refreshed at that event. */
  shownEvent?: string | undefined;
}

/**
 * A page of the console in its frame: the navigation, the search, and who is signed in. It is complete without the script, which shows
 * local times, keeps the page up to date, and sends the requests of buttons.
 */
export function framePage(frame: Frame, page: PageContent): string {
  const { viewer, navigation } = frame;
  const { title, refreshSeconds } = page;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === 'Overview' ? 'Durable Jobs' : `${title} · Durable Jobs`}</title>
${pageIcon}
${refreshSeconds !== undefined && markup`<noscript><meta http-equiv="refresh" content="${Math.max(15, refreshSeconds)}"></noscript>`}
<style>${consoleStyle}${page.style}</style>
</head>
<body data-role="${viewer?.role ?? ''}" data-refresh="${refreshSeconds ?? ''}" data-events="${page.events ?? ''}" data-shown-event="${page.shownEvent ?? ''}">
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="${linkTo('/')}">Durable Jobs</a>
${navigation.length > 0 && searchAndMenu()}</header>
${navigation.length > 0 && menu({ ...frame, path: page.under ?? frame.path })}<div class="page">
<p id="notice" role="status" hidden></p>
<main id="main" tabindex="-1">
<header class="head">${page.above && markup`<p class="above">${page.above}</p>`}<h1>${title}</h1>${page.beside && markup`<span id="beside" data-live>${page.beside}</span>`}${refreshSeconds !== undefined && markup`<p id="age" class="note"></p>`}</header>
${page.content}
</main>
</div>
<script type="module" src="${linkTo('/console/console.js')}"></script>
</body>
</html>
`.toString();
}

function navigationGroup({ name, items }: NavigationGroup, path: string): Markup {
  return markup`<div><h2>${name}</h2><ul>
${items.map(
  (item) =>
    markup`<li><a href="${linkTo(item.path)}"${isBelow(item.path, path) && markup` aria-current="page"`}>${item.name}</a></li>
`,
)}</ul></div>
`;
}

/** Whether a page belongs to an item of the navigation: it is the item's page, or below it. */
export function isBelow(item: string, path: string): boolean {
  return path === item || (item !== '/' && path.startsWith(`${item}/`));
}

function searchAndMenu(): Markup {
  return markup`<form class="find" role="search" action="${linkTo('/api/jobs')}">
<label class="hidden" for="find">Find a job by its key or id</label>
<input id="find" name="businessKeyPrefix" type="search" placeholder="Job key or id" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="900" aria-keyshortcuts="/">
</form>
<button type="button" class="menu" popovertarget="menu">Menu</button>
`;
}

function menu({ navigation, path, uiUrl, viewer }: Frame): Markup {
  return markup`<nav id="menu" popover aria-label="Console">
${navigation.map((group) => navigationGroup(group, path))}<div><h2>More</h2><ul>
<li><a href="${uiUrl}">Temporal Web UI</a></li>
<li><a href="${linkTo('/docs')}">API reference</a></li>
</ul></div>
${viewer && markup`<form method="post" action="${linkTo('/logout')}"><p class="note">Signed in with the key ${viewer.name} (${viewer.role}).${viewer.role === 'viewer' && ' It can read, and cannot change anything.'}</p><button class="act">Sign out</button></form>`}
</nav>
`;
}
