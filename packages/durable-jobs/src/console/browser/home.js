/**
 * The home page's script for browsers. It reloads the page periodically, replaces the sections that changed, and shows how old the content
 * is. Focus, scroll position and selection are kept.
 */
export {};

const EVERY_MS = 5_000;
const PATIENCE_MS = 10_000;

/**
 * Returns the page's element with an id.
 * @param {string} id
 */
function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

const main = byId('parts');
const age = byId('age');
const notice = byId('notice');
const title = document.title;

/** The sections, each with its id. */
const parts = () =>
  [...main.querySelectorAll('section > .content')].map((content) => ({
    id: content.parentElement?.id ?? '',
    content,
  }));

// The content as the server sent it; on the page, times are rewritten.
const sent = new Map(parts().map(({ id, content }) => [id, content.innerHTML]));
let shownAt = Date.now();
let problem = '';
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @type {[name: string, seconds: number][]} */
const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/**
 * Returns the distance of a time from now in its largest unit.
 * @param {Date} at
 * @param {boolean} isSpan whether it marks the beginning of a state that still lasts
 */
function relative(at, isSpan) {
  const seconds = Math.round((at.getTime() - Date.now()) / 1_000);
  const [unit, size] = units.find(([, least]) => Math.abs(seconds) >= least) ?? ['s', 1];
  const text = `${Math.floor(Math.abs(seconds) / size)} ${unit}`;
  if (isSpan) return `for ${text}`;
  return seconds === 0 ? 'now' : seconds > 0 ? `in ${text}` : `${text} ago`;
}

/**
 * @param {Element} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showTimes() {
  for (const time of document.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    if (!time.title) time.title = at.toLocaleString();
    setText(time, relative(at, 'span' in time.dataset));
  }
  const seconds = Math.round((Date.now() - shownAt) / 1_000);
  setText(age, seconds < 2 ? 'Up to date' : `As of ${seconds} s ago`);
  const isOld = problem !== '';
  document.body.classList.toggle('old', isOld);
  document.title = (isOld ? '(!) ' : '') + title;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let quiet;
/**
 * Shows a notice; an empty text removes it.
 * @param {string} text
 * @param {boolean} isBad
 */
function say(text, isBad) {
  clearTimeout(quiet);
  notice.hidden = text === '';
  notice.classList.toggle('bad', isBad);
  setText(notice, text);
}

/**
 * Returns a selector that identifies an element within a section before and after the section is replaced.
 * @param {Element} element
 */
function selectorOf(element) {
  for (const name of ['href', 'data-post', 'aria-label']) {
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

function showActions() {
  if (document.body.dataset.role !== 'operator') return;
  for (const button of document.querySelectorAll('.act')) button.removeAttribute('hidden');
}

/**
 * @param {Element} content
 * @param {string} html
 */
function replace(content, html) {
  const active = document.activeElement;
  const focused = active && content.contains(active) ? selectorOf(active) : undefined;
  const scrolled = [...content.querySelectorAll('.scroll')].map((box) => box.scrollLeft);
  content.innerHTML = html;
  showActions();
  content.querySelectorAll('.scroll').forEach((box, index) => {
    box.scrollLeft = scrolled[index] ?? 0;
  });
  const again = focused === undefined ? null : content.querySelector(focused);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

async function refresh() {
  clearTimeout(timer);
  try {
    const response = await fetch(location.pathname, {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.redirected) throw new Error('You are signed out: reload the page to sign in.');
    if (!response.ok) throw new Error(`The API responded with an error (${response.status}).`);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const { id, content } of parts()) {
      const html = page.querySelector(`#${id} > .content`)?.innerHTML;
      if (html === undefined || html === sent.get(id) || isSelected(content)) continue;
      replace(content, html);
      sent.set(id, html);
    }
    shownAt = Date.now();
    if (problem !== '') say('', false);
    problem = '';
  } catch (error) {
    const isKnown = error instanceof Error && error.name === 'Error';
    problem = isKnown ? error.message : 'The API does not respond.';
    say(`${problem} What you see is from ${new Date(shownAt).toLocaleTimeString()}.`, true);
  }
  showTimes();
  if (!document.hidden) timer = setTimeout(() => void refresh(), EVERY_MS);
}

/** @param {HTMLButtonElement} button */
async function act(button) {
  const { post, question } = button.dataset;
  if (post === undefined || !confirm(question)) return;
  button.disabled = true;
  const what = button.getAttribute('aria-label');
  try {
    const response = await fetch(post, {
      method: 'POST',
      headers: { 'x-reason': 'From the home page' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    /** @type {{ title: string, detail: string } | undefined} */
    const refusal = response.ok ? undefined : await response.json();
    say(`${what}: ${refusal ? `${refusal.title}. ${refusal.detail}` : 'done.'}`, !response.ok);
    quiet = setTimeout(() => say('', false), 8_000);
  } catch {
    say(`${what}: the API does not respond.`, true);
  }
  button.disabled = false;
  await refresh();
}

main.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('.act') : null;
  if (button instanceof HTMLButtonElement) void act(button);
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
showActions();
showTimes();
setInterval(showTimes, 1_000);
timer = setTimeout(() => void refresh(), EVERY_MS);
