import { PATIENCE_MS, say, showActions } from './page.js';
import { setText, showTimes } from './times.js';

/**
 * Keeps a page up to date: requests it periodically and replaces the parts that changed. Focus, scroll position, selection and checked
 * boxes are kept.
 */

const everyMs = Number(document.body.dataset.refresh) * 1_000;
const title = document.title;

/** @param {Document} [page] */
const parts = (page = document) => [...page.querySelectorAll('[data-live]')];
/** @param {Document} [page] */
const ids = (page) =>
  parts(page)
    .map(({ id }) => id)
    .join();

// The content as the server sent it; on the page, times are rewritten.
const sent = new Map(parts().map((part) => [part.id, part.innerHTML]));
let shownAt = Date.now();
let problem = '';
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Shows how old the page is. */
export function showAge() {
  const age = document.getElementById('age');
  const seconds = Math.round((Date.now() - shownAt) / 1_000);
  if (age) setText(age, seconds < 2 ? 'Up to date' : `As of ${seconds} s ago`);
  const isOld = problem !== '';
  document.body.classList.toggle('old', isOld);
  document.title = (isOld ? '(!) ' : '') + title;
}

/**
 * Returns a selector that identifies an element within a part before and after the part is replaced.
 * @param {Element} element
 */
function selectorOf(element) {
  for (const name of ['href', 'data-action', 'value', 'aria-label']) {
    const value = element.getAttribute(name);
    if (value) return `${element.tagName}[${name}=${JSON.stringify(value)}]`;
  }
  return undefined;
}

/** @param {Element} element */
function isSelected(element) {
  const selection = document.getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(element, true);
}

/** @param {Element} part */
function checkedIn(part) {
  return [...part.querySelectorAll('input:checked')].flatMap((box) =>
    box instanceof HTMLInputElement ? [box.value] : [],
  );
}

/**
 * @param {Element} part
 * @param {string} html
 */
function replace(part, html) {
  const active = document.activeElement;
  const focused = active && part.contains(active) ? selectorOf(active) : undefined;
  const scrolled = [...part.querySelectorAll('.scroll')].map((box) => box.scrollLeft);
  const checked = checkedIn(part);
  const opened = [...part.querySelectorAll('details')].map(({ open }) => open);
  part.innerHTML = html;
  showActions();
  part.querySelectorAll('.scroll').forEach((box, index) => {
    box.scrollLeft = scrolled[index] ?? 0;
  });
  part.querySelectorAll('details').forEach((details, index) => {
    details.open = opened[index] ?? details.open;
  });
  for (const box of part.querySelectorAll('input[type=checkbox]')) {
    if (box instanceof HTMLInputElement) box.checked = checked.includes(box.value);
  }
  const again = focused === undefined ? null : part.querySelector(focused);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  part.dispatchEvent(new Event('replaced', { bubbles: true }));
}

/**
 * Shows the content of another version of this page, which has other parts.
 * @param {Document} page
 */
function replaceAll(page) {
  const main = document.getElementById('main');
  const newer = page.getElementById('main');
  if (!main || !newer) return;
  sent.clear();
  for (const part of parts(page)) sent.set(part.id, part.innerHTML);
  replace(main, newer.innerHTML);
}

/** Requests the page and shows what changed. */
export async function refresh() {
  clearTimeout(timer);
  try {
    const response = await fetch(location.pathname + location.search, {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.redirected) throw new Error('You are signed out: reload the page to sign in.');
    if (!response.ok) throw new Error(`The API responded with an error (${response.status}).`);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (ids(page) !== ids()) replaceAll(page);
    for (const part of parts()) {
      const html = page.getElementById(part.id)?.innerHTML;
      if (html === undefined || html === sent.get(part.id) || isSelected(part)) continue;
      replace(part, html);
      sent.set(part.id, html);
    }
    shownAt = Date.now();
    if (problem !== '') say('');
    problem = '';
  } catch (error) {
    const isKnown = error instanceof Error && error.name === 'Error';
    problem = isKnown ? error.message : 'The API does not respond.';
    say(`${problem} What you see is from ${new Date(shownAt).toLocaleTimeString()}.`, { isBad: true });
  }
  showTimes();
  showAge();
  wait();
}

function wait() {
  if (everyMs > 0 && !document.hidden) timer = setTimeout(() => void refresh(), everyMs);
}

/** Refreshes the page at each event of its stream. The first event is the state that the page shows already. */
function followEvents() {
  const { events = '' } = document.body.dataset;
  if (events === '') return;
  const stream = new EventSource(events);
  let isFirst = true;
  const onEvent = () => {
    if (!isFirst) void refresh();
    isFirst = false;
  };
  for (const name of ['status', 'progress']) stream.addEventListener(name, onEvent);
  stream.addEventListener('end', () => {
    stream.close();
    void refresh();
  });
}

/** Starts refreshing the page, if it is one that changes. */
export function keepUpToDate() {
  if (!(everyMs > 0)) return;
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void refresh();
  });
  showAge();
  setInterval(showAge, 1_000);
  followEvents();
  wait();
}
