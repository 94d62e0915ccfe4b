/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {'text' | 'time' | string[]} type
 * @property {boolean} [required]
 * @property {string} [hint]
 */

/**
 * Creates an element with text.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [text]
 * @param {Record<string, string>} [attributes]
 */
export function element(tag, text = '', attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

let fields = 0;

/**
 * Creates a labeled field.
 * @param {Field} field
 */
function fieldOf({ name, label, type, required = false, hint = '' }) {
  const id = `field-${++fields}`;
  const box = element('div', '', { class: 'field' });
  box.append(element('label', required ? label : `${label} (optional)`, { for: id }));
  const input = Array.isArray(type)
    ? element('select', '', { id, name })
    : element('input', '', {
        id,
        name,
        type: type === 'time' ? 'datetime-local' : 'text',
        autocomplete: 'off',
      });
  if (Array.isArray(type)) for (const value of type) input.append(element('option', value, { value }));
  if (type === 'time') input.setAttribute('step', '1');
  if (type === 'text') input.setAttribute('maxlength', '500');
  if (required) input.setAttribute('required', '');
  box.append(input);
  if (hint !== '') {
    input.setAttribute('aria-describedby', `${id}-hint`);
    box.append(element('p', hint, { id: `${id}-hint`, class: 'note' }));
  }
  return box;
}

/** Field for the reason of an action. @param {boolean} required @returns {Field} */
export function reasonField(required) {
  return {
    name: 'reason',
    label: 'Reason',
    type: 'text',
    required,
    hint: 'For the audit trail. Do not name people.',
  };
}

/**
 * Shows something that needs no decision.
 * @param {{ title: string, details: Node[] }} options
 */
export function inform({ title, details }) {
  const dialog = element('dialog', '', { 'aria-labelledby': 'dialog-title' });
  const close = element('button', 'Close', { type: 'button', class: 'main' });
  const buttons = element('div', '', { class: 'choice' });
  buttons.append(close);
  dialog.append(element('h2', title, { id: 'dialog-title' }), ...details, buttons);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * Asks for confirmation. `send` is called with the values of the fields; if it returns a text, the dialog stays open and shows it as the
 * problem.
 * @param {object} options
 * @param {string} options.question
 * @param {string} options.confirm label of the button
 * @param {Field[]} options.fields
 * @param {Node[]} [options.details]
 * @param {boolean} [options.isFinal]
 * @param {(values: Record<string, string>) => Promise<string | undefined>} options.send
 */
export function ask({ question, confirm, fields, details = [], isFinal = false, send }) {
  const dialog = element('dialog', '', { 'aria-labelledby': 'dialog-title' });
  const form = element('form', '', { method: 'dialog' });
  const problem = element('p', '', { role: 'alert', class: 'problem' });
  const no = element('button', 'Back', { type: 'button', class: 'act' });
  const yes = element('button', confirm, { type: 'submit', class: isFinal ? 'main final' : 'main' });
  const buttons = element('div', '', { class: 'choice' });
  buttons.append(no, yes);
  form.append(
    element('h2', question, { id: 'dialog-title' }),
    ...details,
    ...fields.map(fieldOf),
    problem,
    buttons,
  );
  dialog.append(form);
  no.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    yes.disabled = true;
    problem.textContent = '';
    const values = Object.fromEntries(
      fields.map(({ name, type }) => {
        const input = form.elements.namedItem(name);
        const value =
          input instanceof HTMLInputElement || input instanceof HTMLSelectElement ? input.value.trim() : '';
        return [name, type === 'time' && value !== '' ? new Date(value).toISOString() : value];
      }),
    );
    void send(values).then((refusal) => {
      yes.disabled = false;
      if (refusal === undefined) dialog.close();
      else problem.textContent = refusal;
    });
  });
  document.body.append(dialog);
  dialog.showModal();
}
