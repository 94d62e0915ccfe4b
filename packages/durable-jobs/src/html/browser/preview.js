import { inSentences, send } from './actions.js';
import { element } from './dialog.js';

/** @typedef {{ runs: { utc: string, local: string }[], warnings: { message: string }[] }} Preview */

/** Lets the form that previews a schedule show its runs and warnings. */
export function enablePreview() {
  const form = document.getElementById('preview');
  const shown = document.getElementById('preview-runs');
  if (!(form instanceof HTMLFormElement) || !shown) return;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const body = Object.fromEntries(new FormData(form));
    void send(form.dataset.post ?? '', { body, isTrial: true }).then(({ answer, refusal }) => {
      if (refusal !== undefined) {
        shown.replaceChildren(element('p', inSentences(refusal), { class: 'problem' }));
        return;
      }
      const { runs, warnings } = /** @type {Preview} */ (/** @type {unknown} */ (answer));
      const list = element('ul', '', { class: 'plain' });
      for (const { utc, local } of runs) {
        const item = element('li', `${local.slice(0, 16).replace('T', ' ')} `);
        item.append(element('span', utc.slice(0, 16).replace('T', ' ') + ' UTC', { class: 'note' }));
        list.append(item);
      }
      shown.replaceChildren(...warnings.map(({ message }) => element('p', message, { class: 'away' })), list);
    });
  });
}
