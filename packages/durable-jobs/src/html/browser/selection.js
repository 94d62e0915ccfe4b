import { send } from './actions.js';
import { ask, element, reasonField } from './dialog.js';
import { refresh } from './live.js';
import { say } from './page.js';

/** Acting on several jobs of a list: those that are checked, or all that match the search. */

/** Finding all matching jobs may take minutes. */
const FIND_PATIENCE_MS = 300_000;
/** Jobs that a dialog lists. */
const LISTED = 10;

/** @typedef {{ total: number, jobs: { id: string }[] }} DryRun */

/** @type {Record<string, { verb: string, ed: string, isFinal?: boolean, fields?: import('./dialog.js').Field[] }>} */
const actions = {
  retry: { verb: 'Retry', ed: 'Retried' },
  cancel: { verb: 'Cancel', ed: 'Cancelled', isFinal: true },
  terminate: { verb: 'Terminate', ed: 'Terminated', isFinal: true },
  pause: { verb: 'Pause', ed: 'Paused' },
  resume: { verb: 'Resume', ed: 'Resumed' },
  reschedule: {
    verb: 'Reschedule',
    ed: 'Rescheduled',
    fields: [{ name: 'at', label: 'Continue at', type: 'time', required: true }],
  },
};

/**
 * @param {number} count
 * @param {string} [adjective]
 */
function jobs(count, adjective = '') {
  return `${count} ${adjective}${count === 1 ? 'job' : 'jobs'}`;
}

/**
 * @param {string[]} ids
 * @param {number} total
 */
function listOf(ids, total) {
  const list = element('ul', '', { class: 'plain ids' });
  for (const id of ids.slice(0, LISTED)) list.append(element('li', id));
  if (total > LISTED) list.append(element('li', `and ${total - LISTED} more`, { class: 'note' }));
  return list;
}

/** Lets people act on the jobs of a list. */
export function enableSelection() {
  const bar = document.getElementById('selection');
  const list = document.getElementById('list-content');
  if (!bar || !list) return;
  /** @type {Record<string, string>} */
  const search = JSON.parse(bar.dataset.search ?? '{}');
  const all = bar.querySelector('input[name=all]');
  const state = bar.querySelector('.picked');

  const boxes = () =>
    [...list.querySelectorAll('input[name=job]')].flatMap((box) =>
      box instanceof HTMLInputElement ? [box] : [],
    );
  const picked = () => boxes().flatMap((box) => (box.checked ? [box.value] : []));
  const isAll = () => all instanceof HTMLInputElement && all.checked;

  const show = () => {
    const ids = picked();
    const every = list.querySelector('input[name=every]');
    if (every instanceof HTMLInputElement) {
      every.checked = ids.length > 0 && ids.length === boxes().length;
      every.indeterminate = ids.length > 0 && !every.checked;
    }
    if (state) state.textContent = isAll() ? 'All matching jobs:' : `${jobs(ids.length)} selected:`;
    for (const button of bar.querySelectorAll('button')) {
      button.disabled = isAll() ? button.value === 'reschedule' : ids.length === 0;
      button.title = !button.disabled
        ? ''
        : isAll()
          ? 'Select the jobs to reschedule them.'
          : 'Select at least one job.';
    }
  };

  /** @param {string} name */
  const actOnPicked = (name) => {
    const ids = picked();
    const { verb, ed, isFinal = false, fields = [] } = actions[name] ?? { verb: name, ed: name };
    ask({
      question: `${verb} ${jobs(ids.length)}?`,
      confirm: `${verb} ${jobs(ids.length)}`,
      details: [listOf(ids, ids.length)],
      fields: [...fields, reasonField(name === 'terminate')],
      isFinal,
      async send({ reason = '', ...values }) {
        /** @type {string[]} */
        const refusals = [];
        for (const [index, id] of ids.entries()) {
          say(`${verb}: job ${index + 1} of ${ids.length}.`);
          const body = name !== 'reschedule' && reason !== '' ? { reason } : values;
          const { refusal } = await send(`${list.dataset.jobs}/${encodeURIComponent(id)}/${name}`, {
            reason,
            body,
          });
          if (refusal !== undefined) refusals.push(`${id}: ${refusal}`);
        }
        const done = `${ed} ${jobs(ids.length - refusals.length)}.`;
        const refused = refusals.length > 0 ? ` Refused: ${refusals.join(' ')}` : '';
        say(done + refused, { isBad: refusals.length > 0, ...(refusals.length === 0 && { forMs: 8_000 }) });
        await refresh();
        show();
        return undefined;
      },
    });
  };

  /** @param {string} name */
  const actOnAll = async (name) => {
    const { verb, ed, isFinal = false } = actions[name] ?? { verb: name, ed: name };
    const body = { query: search, action: name, ...(Object.keys(search).length === 0 && { all: true }) };
    // Terminating requires a reason, which has not been given yet: a dry run does nothing with it.
    const trial = { ...body, dryRun: true, ...(name === 'terminate' && { reason: 'dry run' }) };
    say('Looking for the jobs.');
    const found = await send(`${list.dataset.jobs}/batch`, {
      body: trial,
      isTrial: true,
      patienceMs: FIND_PATIENCE_MS,
    });
    if (found.refusal !== undefined) {
      say(found.refusal, { isBad: true });
      return;
    }
    say('');
    const { total, jobs: first } = /** @type {DryRun} */ (/** @type {unknown} */ (found.answer));
    if (total === 0) {
      say(`None of the matching jobs can be ${ed.toLowerCase()}.`, { forMs: 8_000 });
      return;
    }
    ask({
      question: `${verb} ${jobs(total, 'matching ')}?`,
      confirm: `${verb} ${jobs(total)}`,
      details: [
        listOf(
          first.map(({ id }) => id),
          total,
        ),
      ],
      fields: [reasonField(name === 'terminate')],
      isFinal,
      async send({ reason = '' }) {
        const { answer, refusal } = await send(`${list.dataset.jobs}/batch`, {
          reason,
          body: { ...body, ...(reason !== '' && { reason }) },
          patienceMs: FIND_PATIENCE_MS,
        });
        if (refusal !== undefined) return refusal;
        const { bulkJob } = /** @type {{ bulkJob: string | null }} */ (answer.links);
        if (bulkJob !== null) location.assign(bulkJob);
        else say('No jobs match anymore.', { forMs: 8_000 });
        return undefined;
      },
    });
  };

  document.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.name === 'every') for (const box of boxes()) box.checked = target.checked;
    show();
  });
  list.addEventListener('replaced', show);
  bar.addEventListener('click', ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    if (isAll()) void actOnAll(target.value);
    else actOnPicked(target.value);
  });
  show();
}
