import { element } from './dialog.js';

/**
 * Copies the text of a field. Browsers offer the clipboard only to pages from a secure origin; elsewhere, the selection is copied.
 * @param {HTMLInputElement} input
 */
async function copy(input) {
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    input.focus();
    input.select();
    try {
      return document.execCommand('copy');
    } catch {
      return false;
    }
  }
}

/**
 * Shows a secret until its dialog is closed or the page is left, and removes it from the page then.
 * @param {{ title: string, text: string }} options
 */
export function showOnce({ title, text }) {
  const dialog = element('dialog', '', { 'aria-labelledby': 'secret-title', class: 'secret' });
  const input = element('input', '', {
    id: 'secret',
    type: 'text',
    readonly: '',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  input.value = text;
  const box = element('div', '', { class: 'field' });
  box.append(element('label', title, { for: 'secret' }), input);
  const state = element('p', '', { role: 'status', class: 'note' });
  const copyButton = element('button', 'Copy', { type: 'button', class: 'act' });
  const close = element('button', 'Close', { type: 'button', class: 'main' });
  const buttons = element('div', '', { class: 'choice' });
  buttons.append(copyButton, close);
  dialog.append(
    element('h2', 'Copy it now: it is not shown again', { id: 'secret-title' }),
    box,
    state,
    buttons,
  );
  const forget = () => {
    input.value = '';
    removeEventListener('pagehide', forget);
    dialog.remove();
  };
  copyButton.addEventListener('click', () => {
    void copy(input).then((isCopied) => {
      state.textContent = isCopied ? 'Copied.' : 'It is selected: copy it with the keyboard or the menu.';
    });
  });
  input.addEventListener('focus', () => input.select());
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', forget);
  // A browser may keep the page as it was, and show it again.
  addEventListener('pagehide', forget);
  document.body.append(dialog);
  dialog.showModal();
  copyButton.focus();
}
