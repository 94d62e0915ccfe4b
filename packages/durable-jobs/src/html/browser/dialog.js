/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {'text' | 'time' | 'date' | 'number' | 'integer' | 'json' | (string | { value: string, label: string })[]} type
 * @property {boolean} [required]
 * @property {boolean} [isUnselected]
 * @property {number} [maxLength]
 * @property {string} [hint]
 */

/**
 * Why a request was refused: a text, and the errors of fields.
 * @typedef {{ text: string, errors: { path: string, message: string }[] }} Refusal
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

/** Longest text of a field, which is also that of a reason in the audit trail. */
const MAX_TEXT = 500;

/** @type {Record<'text' | 'time' | 'date' | 'number' | 'integer', string>} */
const inputTypes = {
  text: 'text',
  time: 'datetime-local',
  date: 'date',
  number: 'number',
  integer: 'number',
};

let fields = 0;

/**
 * Creates a labeled field.
 * @param {Field} field
 */
function fieldOf({
  name,
  label,
  type,
  required = false,
  isUnselected = false,
  maxLength = MAX_TEXT,
  hint = '',
}) {
  const id = `field-${++fields}`;
  const box = element('div', '', { class: 'field' });
  box.append(element('label', required ? label : `${label} (optional)`, { for: id }));
  const input = Array.isArray(type)
    ? element('select', '', { id, name })
    : type === 'json'
      ? element('textarea', '', { id, name, rows: '4', spellcheck: 'false' })
      : element('input', '', { id, name, type: inputTypes[type], autocomplete: 'off' });
  if (Array.isArray(type)) {
    if (isUnselected) input.append(element('option', required ? 'choose' : 'none', { value: '' }));
    for (const choice of type) {
      const { value, label: text } = typeof choice === 'string' ? { value: choice, label: choice } : choice;
      input.append(element('option', text, { value }));
    }
  }
  if (type === 'time' || type === 'integer') input.setAttribute('step', '1');
  if (type === 'number') input.setAttribute('step', 'any');
  if (type === 'text') input.setAttribute('maxlength', String(maxLength));
  if (required) input.setAttribute('required', '');
  box.append(input);
  if (hint !== '') box.append(element('p', hint, { id: `${id}-hint`, class: 'note' }));
  box.append(element('p', '', { id: `${id}-problem`, class: 'problem' }));
  input.setAttribute('aria-describedby', `${hint === '' ? '' : `${id}-hint `}${id}-problem`);
  return box;
}

/**
 * Shows the errors of a form's fields at these fields, and moves the focus to the first. Returns the errors of other fields. An error of the
 * header `X-Reason` belongs to the field `reason`.
 * @param {HTMLFormElement} form
 * @param {Refusal['errors']} errors
 */
export function showFieldErrors(form, errors) {
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    const problem = document.getElementById(`${input.id}-problem`);
    if (problem) problem.textContent = '';
  }
  /** @type {HTMLElement | undefined} */
  let first;
  const others = errors.filter(({ path, message }) => {
    const name = path === 'X-Reason' ? 'reason' : path;
    const input = [...form.elements].find((one) => {
      const own = one.getAttribute('name');
      // A field for JSON has the errors of what is in it, too.
      return own && (own === name || name.startsWith(`${own}.`) || name.startsWith(`${own}[`));
    });
    if (!(input instanceof HTMLElement)) return true;
    const problem = document.getElementById(`${input.id}-problem`);
    if (!problem) return true;
    input.setAttribute('aria-invalid', 'true');
    const rest = name.slice((input.getAttribute('name') ?? '').length).replace(/^\./, '');
    problem.textContent = [problem.textContent, `${rest} ${message}`].join(' ').trim();
    first ??= input;
    return false;
  });
  first?.focus();
  return others;
}

/**
 * The sentences of a refusal, without the errors that are shown at their fields.
 * @param {HTMLFormElement} form
 * @param {string | Refusal | undefined} refusal
 */
export function problemText(form, refusal) {
  const { text, errors } = typeof refusal === 'object' ? refusal : { text: refusal ?? '', errors: [] };
  const others = showFieldErrors(form, errors);
  return [text, ...others.map(({ path, message }) => `${path} ${message}`)].join(' ');
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
 * Asks for confirmation. `send` is called with the values of the fields; if it returns a text or a refusal, the dialog stays open and shows
 * it as the problem, and errors of fields at the fields.
 * @param {object} options
 * @param {string} options.question
 * @param {string} options.confirm label of the button
 * @param {Field[]} options.fields
 * @param {Node[]} [options.details]
 * @param {boolean} [options.isFinal]
 * @param {(values: Record<string, string>) => Promise<string | Refusal | undefined>} options.send
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
          input instanceof HTMLInputElement ||
          input instanceof HTMLSelectElement ||
          input instanceof HTMLTextAreaElement
            ? input.value.trim()
            : '';
        return [name, type === 'time' && value !== '' ? new Date(value).toISOString() : value];
      }),
    );
    void send(values).then((refusal) => {
      yes.disabled = false;
      if (refusal === undefined) dialog.close();
      else problem.textContent = problemText(form, refusal);
    });
  });
  document.body.append(dialog);
  dialog.showModal();
}
