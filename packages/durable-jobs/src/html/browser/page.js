import { setText, withLocalTimes } from './times.js';

/** Longest time that a request for a page may take. The API itself gives up earlier, and says why. */
export const PATIENCE_MS = 20_000;
/** Longest time that a request that changes something may take. The API itself gives up earlier, and says whether it was carried out. */
export const CHANGE_PATIENCE_MS = 60_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let quiet;

/**
 * Shows a notice above the page; an empty text removes it.
 * @param {string} text
 * @param {{ isBad?: boolean, forMs?: number }} [options]
 */
export function say(text, { isBad = false, forMs } = {}) {
  clearTimeout(quiet);
  const notice = document.getElementById('notice');
  if (!notice) return;
  notice.hidden = text === '';
  notice.classList.toggle('bad', isBad);
  setText(notice, withLocalTimes(text));
  if (forMs !== undefined) quiet = setTimeout(() => say(''), forMs);
}

/** Whether the signed-in person may change anything. */
export function isOperator() {
  return document.body.dataset.role === 'operator';
}

/** Shows the buttons that are for operators. */
export function showActions() {
  if (!isOperator()) return;
  for (const button of document.querySelectorAll('.act[hidden], .for-operators[hidden]')) {
    button.removeAttribute('hidden');
  }
}
