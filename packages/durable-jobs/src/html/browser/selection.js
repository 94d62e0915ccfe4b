import { inSentences, send } from './actions.js';
import { ask, element, inform, reasonField } from './dialog.js';
import { say } from './page.js';
import { withLocalTimes } from './times.js';

/** Acting on several jobs of a list: those that are checked, or all that match the search. */

/** Finding all matching jobs may take minutes. */
const FIND_PATIENCE_MS = 300_000;
/** Jobs that a dialog lists. */
const LISTED = 10;

/** `scope` is what a retry may do, in the state that the list shows. */
/** @typedef {{ id: string, runId?: string, startId?: number, scope?: string | undefined }} Picked */
/** @typedef {{ id: string, refusal: { message: string } | null }} Tried */
/** @typedef {{ total: number, jobs: (Picked & Tried)[], unmadeStarts: number }} DryRun */
/** @typedef {{ at?: string }} When */
/** @typedef {import('./dialog.js').Refusal} Refusal */

/** @type {Record<string, { verb: string, ed: string, isFinal?: boolean, asksWhen?: boolean }>} */
const actions = {
  retry: { verb: 'Retry', ed: 'retried' },
  cancel: { verb: 'Cancel', ed: 'cancelled', isFinal: true },
  terminate: { verb: 'Terminate', ed: 'terminated', isFinal: true },
  pause: { verb: 'Pause', ed: 'paused' },
  resume: { verb: 'Resume', ed: 'resumed' },
  reschedule: { verb: 'Reschedule', ed: 'rescheduled', asksWhen: true },
};

/**
 * @param {number} count
 * @param {string} [adjective]
 */
function jobs(count, adjective = '') {
  return `${count} ${adjective}${count === 1 ? 'job' : 'jobs'}`;
}

/**
 * The first matching jobs.
 * @param {DryRun} found
 */
function listOf({ jobs: first, total }) {
  const list = element('ul', '', { class: 'plain ids' });
  for (const { id } of first.slice(0, LISTED)) list.append(element('li', id));
  if (total > LISTED) list.append(element('li', `and ${total - LISTED} more`, { class: 'note' }));
  return list;
}

/**
 * What to say of starts that match a search, and on which the action has no effect.
 * @param {number} count
 */
function leftOut(count) {
  const [starts, are, them] = count === 1 ? ['start', 'is', 'it'] : ['starts', 'are', 'them'];
  return `${count} more matching ${starts} ${are} not made yet and ${are} left out: select ${them} in the list to act on ${them}.`;
}

/**
 * What would happen to each selected job.
 * @param {Tried[]} tried
 */
function outcomesOf(tried) {
  const list = element('ul', '', {
    class: 'plain ids outcomes',
    tabindex: '0',
    'aria-label': 'What would happen',
  });
  for (const { id, refusal } of tried) {
    const line = element('li');
    line.append(
      element('span', refusal ? 'refused' : 'ok', { class: `badge ${refusal ? 'warn' : 'good'}` }),
      ` ${id}`,
    );
    if (refusal) line.append(element('span', withLocalTimes(refusal.message), { class: 'note' }));
    list.append(line);
  }
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
  /** @returns {Picked[]} */
  const picked = () =>
    boxes().flatMap((box) => (box.checked ? [{ ...JSON.parse(box.value), scope: box.dataset.scope }] : []));
  const isAll = () => all instanceof HTMLInputElement && all.checked;

  const show = () => {
    const count = picked().length;
    const every = list.querySelector('input[name=every]');
    if (every instanceof HTMLInputElement) {
      every.checked = count > 0 && count === boxes().length;
      every.indeterminate = count > 0 && !every.checked;
    }
    if (state) state.textContent = isAll() ? 'All matching jobs:' : `${jobs(count)} selected:`;
    for (const button of bar.querySelectorAll('button')) {
      button.disabled = !isAll() && count === 0;
      button.title = button.disabled ? 'Select at least one job.' : '';
    }
  };

  /**
   * Sends a batch.
   * @param {Record<string, unknown>} body
   * @param {{ reason?: string, isTrial?: boolean }} [options]
   */
  const sendBatch = (body, { reason = '', isTrial = false } = {}) =>
    send(`${list.dataset.jobs}/batch`, { body, reason, isTrial, patienceMs: FIND_PATIENCE_MS });

  /**
   * Makes a dry run, which changes nothing.
   * @param {Record<string, unknown>} body
   * @returns {Promise<{ found: DryRun, refusal?: undefined } | { found?: undefined, refusal: Refusal }>}
   */
  const dryRun = async (body) => {
    say('Checking the jobs.');
    const trial = { ...body, dryRun: true };
    const { answer, refusal } = await sendBatch(trial, { isTrial: true });
    say('');
    if (refusal !== undefined) return { refusal };
    return { found: /** @type {DryRun} */ (/** @type {unknown} */ (answer)) };
  };

  /**
   * Asks for confirmation of a batch that a dry run has checked, and sends it.
   * @param {string} name
   * @param {Record<string, unknown>} body
   * @param {{ question: string, total: number, details: Node[] }} checked
   */
  const confirmBatch = (name, body, { question, total, details }) => {
    const { verb, isFinal = false } = actions[name] ?? { verb: name };
    ask({
      question,
      confirm: `${verb} ${jobs(total)}`,
      details,
      fields: [reasonField(name === 'terminate')],
      isFinal,
      async send({ reason = '' }) {
        const { answer, refusal } = await sendBatch(
          { ...body, ...(reason !== '' && { reason }) },
          { reason },
        );
        if (refusal !== undefined) return refusal;
        const { bulkJob } = /** @type {{ bulkJob: string | null }} */ (answer.links);
        if (bulkJob !== null) location.assign(bulkJob);
        else say('No jobs match anymore.', { forMs: 8_000 });
        return undefined;
      },
    });
  };

  /**
   * Checks an action on the jobs that are selected. Returns what to show next, or why the check failed.
   * @param {string} name
   * @param {Picked[]} chosen
   * @param {When} when
   * @returns {Promise<Refusal | (() => void)>}
   */
  const checkPicked = async (name, chosen, when) => {
    const { verb, ed } = actions[name] ?? { verb: name, ed: name };
    const { found, refusal } = await dryRun({ jobs: chosen, action: name, ...when });
    if (refusal !== undefined) return refusal;
    const ready = chosen.filter((_, index) => found.jobs[index]?.refusal === null);
    if (ready.length === 0) {
      const one = chosen.length === 1;
      const title = one ? `The job cannot be ${ed}` : `None of the ${jobs(chosen.length)} can be ${ed}`;
      return () => inform({ title, details: [outcomesOf(found.jobs)] });
    }
    const isAllOfThem = ready.length === chosen.length;
    const many = isAllOfThem ? jobs(ready.length) : `${ready.length} of ${jobs(chosen.length)}`;
    const body = { jobs: ready, action: name, ...when };
    const checked = {
      question: `${verb} ${many}?`,
      total: ready.length,
      details: [outcomesOf(found.jobs)],
    };
    return () => confirmBatch(name, body, checked);
  };

  /**
   * Checks an action on all jobs that match. Returns what to show next, or why the check failed.
   * @param {string} name
   * @param {When} when
   * @returns {Promise<Refusal | (() => void)>}
   */
  const checkAll = async (name, when) => {
    const { verb, ed } = actions[name] ?? { verb: name, ed: name };
    const body = {
      query: search,
      action: name,
      ...when,
      ...(Object.keys(search).length === 0 && { all: true }),
    };
    const { found, refusal } = await dryRun(body);
    if (refusal !== undefined) return refusal;
    const { total, unmadeStarts } = found;
    const note = unmadeStarts > 0 ? leftOut(unmadeStarts) : '';
    if (total === 0) {
      if (note !== '')
        return () => inform({ title: `No run that matches can be ${ed}`, details: [element('p', note)] });
      return () => say(`None of the matching jobs can be ${ed}.`, { forMs: 8_000 });
    }
    const question = `${verb} ${jobs(total, 'matching ')}?`;
    const details = [listOf(found), ...(note === '' ? [] : [element('p', note, { class: 'note' })])];
    return () => confirmBatch(name, body, { question, total, details });
  };

  /** @param {string} name */
  const begin = async (name) => {
    const chosen = picked().map(({ scope, ...job }) => (name === 'retry' ? { ...job, scope } : job));
    /** @param {When} when */
    const check = (when) => (isAll() ? checkAll(name, when) : checkPicked(name, chosen, when));
    if (actions[name]?.asksWhen) {
      ask({
        question: 'When should the jobs continue?',
        confirm: 'Check the jobs',
        fields: [{ name: 'at', label: 'Continue at', type: 'time', required: true }],
        async send({ at = '' }) {
          const dialog = document.querySelector('dialog[open]');
          const next = await check({ at });
          // It was closed during the check.
          if (!dialog?.isConnected) return undefined;
          if (typeof next === 'object') return next;
          // After this dialog has closed.
          setTimeout(next);
          return undefined;
        },
      });
      return;
    }
    const next = await check({});
    if (typeof next === 'object') say(inSentences(next), { isBad: true });
    else next();
  };

  /** Whether an action is being checked. */
  let isBusy = false;

  document.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.name === 'every') for (const box of boxes()) box.checked = target.checked;
    show();
  });
  list.addEventListener('replaced', show);
  bar.addEventListener('click', ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    if (isBusy) return;
    isBusy = true;
    void begin(target.value).finally(() => {
      isBusy = false;
    });
  });
  show();
}
