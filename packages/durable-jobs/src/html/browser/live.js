import { PATIENCE_MS, say, showActions } from './page.js';
import { causeIn, isSelected, replace, setNotice } from './parts.js';
import { takePlace } from './stream-places.js';
import { clockOf, setText, showTimes } from './times.js';

/**
 * Keeps a page up to date: requests it periodically and replaces the parts that changed. Focus, scroll position, selection and checked
 * boxes are kept.
 */

const everyMs = Number(document.body.dataset.refresh) * 1_000;
/** Time between two requests of a page that has events, while other pages of this browser take all places for streams. */
const WITHOUT_STREAM_MS = 3_000;
/** Time for which a page leaves the places to others after the API has refused its stream. */
const AFTER_REFUSAL_MS = 30_000;
/** Longest time between two requests while the API responds with errors or not at all. */
const MOST_MS = Math.max(everyMs, 120_000);
const title = document.title;

/** @param {ParentNode} [within] */
const parts = (within = document) => [...within.querySelectorAll('[data-live]')];
/** @param {ParentNode} [within] */
const ids = (within) =>
  parts(within)
    .map(({ id }) => id)
    .join();

let shownAt = Date.now();
/** The content of each part as the server sent it, and when it last did; on the page, times are rewritten. */
const sent = new Map(parts().map((part) => [part.id, { html: part.innerHTML, at: shownAt }]));
let problem = '';
let failures = 0;
let isSignedOut = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/**
 * The refresh in progress. There is never more than one, so that an older response cannot replace a newer one.
 * @type {Promise<void> | undefined}
 */
let refreshing;
/** Whether something may have changed since the refresh in progress began. */
let isOutdated = false;
/** @type {EventSource | undefined} */
let stream;
let hasStreamEnded = false;
/** The id of the event that reports what the page shows. */
let shownEvent = document.body.dataset.shownEvent ?? '';
/** When the page may take a place for its stream again. */
let mayFollowAt = 0;
/** Whether the page waits to hear if there is a place for its stream. */
let isTakingPlace = false;
/**
 * Makes room for the stream of another page.
 * @type {(() => void) | undefined}
 */
let givePlaceBack;

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
 * Identifies an element of the content in another version of the page.
 * @param {Element} element
 */
function keyOf(element) {
  return element.id || element.getAttribute('aria-labelledby') || `${element.tagName}.${element.className}`;
}

/**
 * Adds and removes elements of the content if another version of this page has other parts. Elements with the same parts stay: they may be
 * forms that the reader is filling in.
 * @param {Document} page
 */
function replaceElements(page) {
  const main = document.getElementById('main');
  const newer = page.getElementById('main');
  if (!main || !newer) return;
  const left = [...main.children];
  const elements = [...newer.children].map((element) => {
    const at = left.findIndex((known) => keyOf(known) === keyOf(element) && ids(known) === ids(element));
    if (at >= 0) return left.splice(at, 1)[0] ?? element;
    for (const part of parts(element)) sent.set(part.id, { html: part.innerHTML, at: Date.now() });
    return element;
  });
  for (const element of left) element.remove();
  for (const [index, element] of elements.entries()) {
    const there = main.children[index];
    if (there !== element) main.insertBefore(element, there ?? null);
  }
  showActions();
}

async function refreshOnce() {
  clearTimeout(timer);
  isOutdated = false;
  try {
    const response = await fetch(location.pathname + location.search, {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    isSignedOut = response.redirected || response.status === 401;
    if (isSignedOut) throw new Error('You are signed out: reload the page to sign in.');
    if (!response.ok) throw new Error(`The API responded with an error (${response.status}).`);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    // Elements that are inserted move from one version to the other.
    const newer = new Map(
      parts(page).map((part) => [part.id, { html: part.innerHTML, cause: causeIn(part) }]),
    );
    if (ids(page) !== ids()) replaceElements(page);
    let isWhole = true;
    for (const part of parts()) {
      const next = newer.get(part.id);
      const last = sent.get(part.id);
      if (!next) continue;
      if (next.cause !== undefined && last && causeIn(part) === undefined) {
        setNotice(part, `${next.cause} What you see is from ${clockOf(new Date(last.at))}.`);
        isWhole = false;
        continue;
      }
      setNotice(part, undefined);
      if (next.html !== last?.html) {
        if (isSelected(part)) {
          isWhole = false;
          continue;
        }
        replace(part, next.html);
      }
      sent.set(part.id, { html: next.html, at: Date.now() });
    }
    // Otherwise, the next event refreshes the rest.
    shownEvent = isWhole ? (page.body.dataset.shownEvent ?? '') : '';
    shownAt = Date.now();
    if (problem !== '') say('');
    problem = '';
    failures = 0;
  } catch (error) {
    const isKnown = error instanceof Error && error.name === 'Error';
    problem = isKnown ? error.message : 'The API does not respond.';
    failures++;
    say(`${problem} What you see is from ${clockOf(new Date(shownAt))}.`, { isBad: true });
  }
  showTimes();
  showAge();
}

async function refreshAll() {
  do await refreshOnce();
  while (isOutdated && problem === '');
  refreshing = undefined;
  if (isSignedOut) stopFollowing();
  else if (problem === '') void follow();
  wait();
}

/** Requests the page and shows what changed. If a refresh is in progress, another one follows it. */
export function refresh() {
  isOutdated = true;
  refreshing ??= refreshAll();
  return refreshing;
}

/** Waits for the time of the next request: longer after each failure, and without end if nobody is signed in any more. */
function wait() {
  clearTimeout(timer);
  if (!(everyMs > 0) || document.hidden || isSignedOut) return;
  const often = hasEvents() && !stream ? Math.min(everyMs, WITHOUT_STREAM_MS) : everyMs;
  timer = setTimeout(() => void refresh(), Math.min(often * 2 ** failures, MOST_MS));
}

/** Whether the page is to be refreshed at each event of a stream. */
function hasEvents() {
  return (document.body.dataset.events ?? '') !== '' && !hasStreamEnded;
}

/** Follows the stream of the page's events, if there is a place for it. */
async function follow() {
  if (!hasEvents() || document.hidden || isTakingPlace) return;
  if (stream?.readyState === EventSource.CLOSED) stopFollowing();
  if (stream || Date.now() < mayFollowAt) return;
  isTakingPlace = true;
  const place = await takePlace();
  isTakingPlace = false;
  givePlaceBack = place;
  // Much may have happened in the meantime.
  if (!place || !hasEvents() || document.hidden || isSignedOut) stopFollowing();
  else openStream();
  wait();
}

/**
 * Refreshes the page at each event of its stream that reports something else than the page shows. The first event usually reports the same,
 * unless something has changed between the response and the stream.
 */
function openStream() {
  const opened = new EventSource(document.body.dataset.events ?? '');
  stream = opened;
  /** @param {MessageEvent} event */
  const onEvent = ({ lastEventId }) => {
    if (lastEventId === '' || lastEventId !== shownEvent || refreshing) void refresh();
  };
  for (const name of ['status', 'progress']) opened.addEventListener(name, onEvent);
  // After a lost connection, the browser connects again by itself; a refused stream stays closed.
  opened.addEventListener('error', () => {
    if (stream !== opened || opened.readyState !== EventSource.CLOSED) return;
    mayFollowAt = Date.now() + AFTER_REFUSAL_MS;
    stopFollowing();
    wait();
  });
  opened.addEventListener('end', () => {
    hasStreamEnded = true;
    stopFollowing();
    void refresh();
  });
}

function stopFollowing() {
  stream?.close();
  stream = undefined;
  givePlaceBack?.();
  givePlaceBack = undefined;
}

/** Starts refreshing the page, if it is one that changes. */
export function keepUpToDate() {
  if (!(everyMs > 0)) return;
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      clearTimeout(timer);
      stopFollowing();
    } else void refresh();
  });
  showAge();
  setInterval(showAge, 1_000);
  void follow();
  wait();
}
