import { formatCount, formatDuration } from 'durable-jobs/values';
import type { ApiAddress, BulkJobDetails, RefusedError } from './api.ts';
import { LOCAL_API_KEY } from 'durable-jobs/config';

/** Wrong fields that are printed; the API names up to a hundred. */
const MOST_ERRORS = 20;
/** Longer items are cut. */
const ITEM_WIDTH = 100;

/** What stands beside the bar of a job. */
export function progressText({ status, counts, rate, estimatedEndAt }: BulkJobDetails): string {
  return [
    status,
    `${formatCount(counts.done)} of ${formatCount(counts.total)} done`,
    ...(counts.failed > 0 ? [`${formatCount(counts.failed)} failed`] : []),
    ...(rate === null ? [] : [`${formatCount(Math.round(rate))}/s`]),
    ...(estimatedEndAt === null ? [] : [`estimated end ${localTime(estimatedEndAt)}`]),
  ].join(' · ');
}

function localTime(iso: string): string {
  const at = new Date(iso);
  const sameDay = at.toDateString() === new Date().toDateString();
  return at.toLocaleString('en-GB', { ...(!sameDay && { dateStyle: 'short' }), timeStyle: 'medium' });
}

/** What is printed of a job that has ended: its figures, its first failed items, and what can be done about them. */
export function summaryText(job: BulkJobDetails, address: ApiAddress): string {
  const { counts, status } = job;
  const tookMs =
    job.startedAt !== null && job.endedAt !== null
      ? Date.parse(job.endedAt) - Date.parse(job.startedAt)
      : undefined;
  const lines = [
    `The job is ${status}: ${formatCount(counts.done)} of ${formatCount(counts.total)} items done` +
      (counts.failed > 0 ? `, ${formatCount(counts.failed)} failed` : '') +
      (counts.pending > 0 ? `, ${formatCount(counts.pending)} not processed` : '') +
      `${tookMs === undefined ? '' : `, in ${formatDuration(tookMs)}`}.`,
  ];
  const { items } = job.failedItems;
  if (items.length > 0) {
    lines.push(
      '',
      items.length < counts.failed ? `The first ${items.length} failed items:` : 'Failed items:',
    );
    for (const { position, item, error } of items) {
      lines.push(
        `  item ${position}: ${oneLine(error.message)} (${error.code})`,
        `    ${cut(JSON.stringify(item))}`,
      );
    }
    lines.push(
      '',
      'List all failed items, a hundred at a time:',
      `  ${curl(address, `${job.links.self}?limit=100`)}`,
    );
    if (status === 'completed') {
      lines.push('Retry them:', `  npm run bulk -- --retry-failed ${job.id}`);
    }
  }
  return lines.join('\n');
}

/** What is printed if the user stops following a job that continues. */
export function detachedText(id: string, address: ApiAddress): string {
  return [
    'The job continues. To follow it again:',
    `  npm run bulk -- --follow ${id}`,
    'To cancel it:',
    `  ${curl(address, `/api/bulk-jobs/${id}/cancel`, 'POST')}`,
  ].join('\n');
}

/** What is printed of a refusal. */
export function refusalText({ message, status, errors }: RefusedError): string {
  if (status === 401) return `The API does not accept the key: ${message} Set API_KEY to a valid key.`;
  const shown = errors.slice(0, MOST_ERRORS);
  const width = Math.max(0, ...shown.map(({ path }) => path.length));
  return [
    `The API refused the request: ${message}`,
    ...shown.map((error) => `  ${error.path.padEnd(width)}  ${oneLine(error.message)}`),
    ...(errors.length > shown.length ? [`  and ${errors.length - shown.length} more`] : []),
  ].join('\n');
}

/** What is printed if no answer came to an upload. */
export function unansweredText(address: ApiAddress): string {
  return [
    'All items were sent, but no response arrived, so the job may or may not have been accepted. List the newest jobs:',
    `  ${curl(address, '/api/bulk-jobs?limit=5')}`,
  ].join('\n');
}

/** A command that asks the API. A key that opens something is not printed. */
function curl({ url, apiKey }: ApiAddress, path: string, method?: string): string {
  const key = apiKey === LOCAL_API_KEY ? apiKey : '$API_KEY';
  return `curl${method === undefined ? '' : ` -X ${method}`} -H "Authorization: Bearer ${key}" '${url}${path}'`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function cut(text: string): string {
  return text.length > ITEM_WIDTH ? `${text.slice(0, ITEM_WIDTH)}…` : text;
}
