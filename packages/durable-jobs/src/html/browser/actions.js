import { ask, reasonField } from './dialog.js';
import { refresh } from './live.js';
import { CHANGE_PATIENCE_MS, say } from './page.js';
import { showOnce } from './show-once.js';
import { withLocalTimes } from './times.js';

/**
 * @typedef {object} Action
 * @property {string} post
 * @property {'POST' | 'DELETE'} [method]
 * @property {string} question
 * @property {Record<string, unknown>} [body]
 * @property {'reason' | 'note'} [reasonIn]
 * @property {boolean} [needsReason]
 * @property {import('./dialog.js').Field[]} [fields]
 * @property {{ field: string, title: string }} [showsOnce]
 * @property {string} [then]
 */

/**
 * Text as a header can carry it: its UTF-8 bytes, each as a character.
 * @param {string} text
 */
function asHeader(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/**
 * Sends a request. Returns the response's JSON, or why it was refused. `isTrial` is whether it changes nothing, so that it can be repeated.
 * @param {string} path
 * @param {{
 *   method?: string,
 *   reason?: string,
 *   body?: Record<string, unknown>,
 *   isTrial?: boolean,
 *   patienceMs?: number,
 * }} request
 * @returns {Promise<{ answer: Record<string, unknown>, location: string | null, refusal: undefined } | { answer: undefined, location?: undefined, refusal: import('./dialog.js').Refusal }>}
 */
export async function send(
  path,
  { method = 'POST', reason = '', body = {}, isTrial = false, patienceMs = CHANGE_PATIENCE_MS },
) {
  const hasBody = Object.keys(body).length > 0;
  let what = 'No response came';
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(reason !== '' && { 'x-reason': asHeader(reason) }),
        ...(hasBody && { 'content-type': 'application/json' }),
      },
      ...(hasBody && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    });
    what = `The response (${response.status}) could not be read`;
    /** @type {Record<string, unknown>} */
    const answer = response.status === 204 ? {} : await response.json();
    const location = response.headers.get('location');
    return response.ok
      ? { answer, location, refusal: undefined }
      : { answer: undefined, refusal: refusalOf(answer) };
  } catch {
    const advice = isTrial
      ? 'Try again in a moment.'
      : 'The request may have been carried out. Look before you try again.';
    return { answer: undefined, refusal: { text: `${what}. ${advice}`, errors: [] } };
  }
}

/**
 * The sentences of a problem, and the errors of fields.
 * @param {{ title?: unknown, detail?: unknown, errors?: unknown }} problem
 * @returns {import('./dialog.js').Refusal}
 */
function refusalOf({ title, detail, errors }) {
  return {
    text: withLocalTimes(`${String(title)}. ${String(detail)}`),
    errors: (Array.isArray(errors) ? errors : []).map(({ path, message }) => ({
      path: String(path),
      message: withLocalTimes(String(message)),
    })),
  };
}

/**
 * A refusal in sentences, where there are no fields to show the errors at.
 * @param {import('./dialog.js').Refusal} refusal
 */
export function inSentences({ text, errors }) {
  return [text, ...errors.map(({ path, message }) => `${path} ${message}`)].join(' ');
}

/** @param {HTMLButtonElement} button */
function begin(button) {
  /** @type {Action} */
  const action = JSON.parse(button.dataset.action ?? '{}');
  const what = button.getAttribute('aria-label') ?? '';
  const {
    fields = [],
    body: fixed = {},
    reasonIn,
    needsReason = false,
    post,
    method,
    showsOnce,
    then,
  } = action;
  ask({
    question: action.question,
    confirm: button.textContent ?? '',
    fields: [...fields, reasonField(needsReason)],
    isFinal: button.classList.contains('final'),
    async send({ reason = '', ...values }) {
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
      const body = {
        ...fixed,
        ...given,
        ...(reasonIn !== undefined && reason !== '' && { [reasonIn]: reason }),
      };
      const { answer, refusal } = await send(post, { ...(method && { method }), reason, body });
      if (refusal !== undefined) return refusal;
      if (then !== undefined) {
        location.assign(then);
        return undefined;
      }
      if (showsOnce) {
        const text = String(answer[showsOnce.field]);
        // After this dialog has closed.
        setTimeout(() => showOnce({ title: showsOnce.title, text }));
        // It does not wait, or the secret would be shown over this dialog.
        void refresh();
        return undefined;
      }
      const did = /** @type {{ did?: string } | undefined} */ (answer?.action)?.did;
      say(`${what}: ${did ?? 'done.'}`, { forMs: 8_000 });
      await refresh();
      return undefined;
    },
  });
}

/** Lets the buttons for operators act. */
export function enableActions() {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button[data-action]') : null;
    if (button instanceof HTMLButtonElement) begin(button);
  });
}
