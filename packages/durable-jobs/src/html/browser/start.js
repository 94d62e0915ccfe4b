import { send } from './actions.js';
import { ask, element, inform, reasonField } from './dialog.js';

/**
 * @typedef {import('./dialog.js').Field & { reads?: 'json', whenEmpty?: null }} SchemaField
 * @typedef {object} Startable
 * @property {string} post
 * @property {{ name: string, label: string }} typeField
 * @property {string} valueField
 * @property {{ name: string, description: string, fields: SchemaField[] }[]} types
 * @property {SchemaField[]} fields
 */

/**
 * The value that a field's text stands for; undefined if it is not sent.
 * @param {SchemaField} field
 * @param {string} text
 * @returns {unknown}
 */
function valueOf({ reads, whenEmpty }, text) {
  if (text === '') return whenEmpty;
  return reads === 'json' ? JSON.parse(text) : text;
}

/**
 * The body of a request, and the fields whose text cannot be read.
 * @param {Startable} startable
 * @param {Startable['types'][number]} type
 * @param {Record<string, string>} values
 */
function bodyOf({ typeField, valueField, fields }, type, values) {
  /** @type {Record<string, unknown>} */
  const inner = {};
  /** @type {Record<string, unknown>} */
  const body = { [typeField.name]: type.name, [valueField]: inner };
  const errors = [];
  for (const field of [...type.fields, ...fields]) {
    try {
      const value = valueOf(field, values[field.name] ?? '');
      if (value === undefined) continue;
      const isInner = field.name.startsWith(`${valueField}.`);
      if (isInner) inner[field.name.slice(valueField.length + 1)] = value;
      else body[field.name] = value;
    } catch {
      errors.push({ path: field.name, message: 'must be JSON' });
    }
  }
  return { body, errors };
}

/**
 * Asks for what a type requires, and starts it.
 * @param {Startable} startable
 * @param {Startable['types'][number]} type
 * @param {string} label
 */
function askFor(startable, type, label) {
  ask({
    question: `${label}: ${type.name}`,
    confirm: label.split(' ')[0] ?? label,
    details: [element('p', type.description, { class: 'note' })],
    fields: [...type.fields, ...startable.fields, reasonField(false)],
    async send({ reason = '', ...values }) {
      const { body, errors } = bodyOf(startable, type, values);
      if (errors.length > 0) return { text: 'One of the fields is not valid.', errors };
      const { answer, location: made, refusal } = await send(startable.post, { reason, body });
      if (refusal !== undefined) return refusal;
      if (answer.started === false) {
        const link = element('a', String(answer.jobId), { href: made ?? '' });
        // After this dialog has closed.
        setTimeout(() => inform({ title: 'It already exists, and nothing was started', details: [link] }));
      } else if (made) location.assign(made);
      return undefined;
    },
  });
}

/** Lets the buttons that start something ask for it. */
export function enableStarts() {
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button[data-start]') : null;
    if (!(button instanceof HTMLButtonElement)) return;
    /** @type {Startable} */
    const startable = JSON.parse(button.dataset.start ?? '{}');
    const label = button.textContent ?? '';
    const { name, label: typeLabel } = startable.typeField;
    ask({
      question: label,
      confirm: 'Continue',
      fields: [
        {
          name,
          label: typeLabel,
          type: startable.types.map((type) => type.name),
          required: true,
          isUnselected: true,
        },
      ],
      send(values) {
        const type = startable.types.find((one) => one.name === values[name]);
        // After this dialog has closed.
        if (type) setTimeout(() => askFor(startable, type, label));
        return Promise.resolve(undefined);
      },
    });
  });
}
