import { showActions } from './page.js';
import { setText } from './times.js';

/** Parts of a page that are kept up to date. What the reader did in them is kept. */

/**
 * Returns a selector that identifies an element within a part before and after the part is replaced.
 * @param {Element} element
 */
function selectorOf(element) {
  for (const name of ['id', 'href', 'data-action', 'value', 'aria-label']) {
    const value = element.getAttribute(name);
    if (value) return `${element.tagName}[${name}=${JSON.stringify(value)}]`;
  }
  return undefined;
}

/**
 * Whether the reader has selected text of an element.
 * @param {Element} element
 */
export function isSelected(element) {
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
 * The details of a part by what identifies them: the id of their summary, or their position.
 * @param {Element} part
 * @returns {[string, HTMLDetailsElement][]}
 */
function detailsOf(part) {
  return [...part.querySelectorAll('details')].map((details, index) => [
    details.querySelector('summary')?.id || String(index),
    details,
  ]);
}

/**
 * Replaces the content of a part. Focus, scroll position, checked boxes and open details are kept.
 * @param {Element} part
 * @param {string} html
 */
export function replace(part, html) {
  const active = document.activeElement;
  const focused = active && part.contains(active) ? selectorOf(active) : undefined;
  const scrolled = [...part.querySelectorAll('.scroll')].map((box) => box.scrollLeft);
  const checked = checkedIn(part);
  const opened = new Map(detailsOf(part).map(([key, { open }]) => [key, open]));
  part.innerHTML = html;
  showActions();
  part.querySelectorAll('.scroll').forEach((box, index) => {
    box.scrollLeft = scrolled[index] ?? 0;
  });
  for (const [key, details] of detailsOf(part)) details.open = opened.get(key) ?? details.open;
  for (const box of part.querySelectorAll('input[type=checkbox]')) {
    if (box instanceof HTMLInputElement) box.checked = checked.includes(box.value);
  }
  const again = focused === undefined ? null : part.querySelector(focused);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  part.dispatchEvent(new Event('replaced', { bubbles: true }));
}

/**
 * Returns why the data of a part is unavailable, if that is all it shows.
 * @param {Element} part
 */
export function causeIn(part) {
  return part.querySelector(':scope > [data-unavailable]')?.getAttribute('data-unavailable') ?? undefined;
}

/**
 * Shows a notice above the content of a part, or removes it. The content stays, with focus and everything else that the reader did in it.
 * @param {Element} part
 * @param {string | undefined} text
 */
export function setNotice(part, text) {
  const known = part.querySelector(':scope > .notice');
  if (text === undefined) return known?.remove();
  const notice = known ?? document.createElement('p');
  notice.className = 'away notice';
  setText(notice, text);
  if (!known) part.prepend(notice);
}
