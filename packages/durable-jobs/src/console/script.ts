/**
 * The script of the home page, for browsers: it asks for the page again and again, puts in the parts that changed, and says
 * how old what it shows is. What somebody has focused, scrolled or marked stays as it is.
 */
export const homeScript = `'use strict';
(() => {
  const EVERY_MS = 5000;
  const PATIENCE_MS = 10000;
  const main = document.querySelector('main');
  const age = document.getElementById('age');
  const notice = document.getElementById('notice');
  const title = document.title;
  const contents = () => [...main.querySelectorAll('section > .content')];
  const idOf = (content) => content.parentElement.id;

  // As the server sent it: what is on the page has its times in other words.
  const sent = new Map(contents().map((content) => [idOf(content), content.innerHTML]));
  let shownAt = Date.now();
  let problem = '';
  let timer;

  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const relative = (at, isSpan) => {
    const seconds = Math.round((at - Date.now()) / 1000);
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units[3];
    const text = Math.floor(Math.abs(seconds) / size) + ' ' + unit;
    if (isSpan) return 'for ' + text;
    return seconds === 0 ? 'now' : seconds > 0 ? 'in ' + text : text + ' ago';
  };
  const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  function tellTimes() {
    for (const time of document.querySelectorAll('time')) {
      const at = new Date(time.dateTime);
      if (!time.title) time.title = at.toLocaleString();
      setText(time, relative(at, 'span' in time.dataset));
    }
    const seconds = Math.round((Date.now() - shownAt) / 1000);
    setText(age, seconds < 2 ? 'Up to date' : 'As of ' + seconds + ' s ago');
    const isOld = problem !== '';
    document.body.classList.toggle('old', isOld);
    document.title = (isOld ? '(!) ' : '') + title;
  }

  let quiet;
  function say(text, isBad) {
    clearTimeout(quiet);
    notice.hidden = text === '';
    notice.classList.toggle('bad', isBad);
    setText(notice, text);
  }

  // What tells an element of a part from its others, before and after the part is replaced.
  const selectorOf = (element) => {
    for (const name of ['href', 'data-post', 'aria-label']) {
      const value = element.getAttribute(name);
      if (value) return element.tagName + '[' + name + '=' + JSON.stringify(value) + ']';
    }
    return undefined;
  };
  const isMarked = (element) => {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && selection.containsNode(element, true);
  };

  function showActions() {
    if (document.body.dataset.role !== 'operator') return;
    for (const button of document.querySelectorAll('.act')) button.hidden = false;
  }

  function replace(content, html) {
    const focused = content.contains(document.activeElement) ? selectorOf(document.activeElement) : undefined;
    const scrolled = [...content.querySelectorAll('.scroll')].map((box) => box.scrollLeft);
    content.innerHTML = html;
    showActions();
    content.querySelectorAll('.scroll').forEach((box, index) => { box.scrollLeft = scrolled[index] ?? 0; });
    if (focused) content.querySelector(focused)?.focus({ preventScroll: true });
  }

  async function refresh() {
    clearTimeout(timer);
    try {
      const response = await fetch(location.pathname, {
        headers: { accept: 'text/html' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (response.redirected) throw new Error('You are signed out: reload the page to sign in.');
      if (!response.ok) throw new Error('The API responded with an error (' + response.status + ').');
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      for (const content of contents()) {
        const id = idOf(content);
        const html = page.querySelector('#' + id + ' > .content')?.innerHTML;
        if (html === undefined || html === sent.get(id) || isMarked(content)) continue;
        replace(content, html);
        sent.set(id, html);
      }
      shownAt = Date.now();
      if (problem !== '') say('', false);
      problem = '';
    } catch (error) {
      const isKnown = error instanceof Error && error.name === 'Error';
      problem = isKnown ? error.message : 'The API does not respond.';
      say(problem + ' What you see is from ' + new Date(shownAt).toLocaleTimeString() + '.', true);
    }
    tellTimes();
    if (!document.hidden) timer = setTimeout(refresh, EVERY_MS);
  }

  async function act(button) {
    if (!confirm(button.dataset.question)) return;
    button.disabled = true;
    const what = button.getAttribute('aria-label');
    try {
      const response = await fetch(button.dataset.post, {
        method: 'POST',
        headers: { 'x-reason': 'From the home page' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const answer = response.ok ? undefined : await response.json();
      say(what + ': ' + (answer ? answer.title + '. ' + answer.detail : 'done.'), !response.ok);
      quiet = setTimeout(() => say('', false), 8000);
    } catch {
      say(what + ': the API does not answer.', true);
    }
    button.disabled = false;
    await refresh();
  }

  main.addEventListener('click', (event) => {
    const button = event.target.closest('.act');
    if (button) void act(button);
  });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) void refresh(); });
  showActions();
  tellTimes();
  setInterval(tellTimes, 1000);
  timer = setTimeout(refresh, EVERY_MS);
})();
`;
