import type { DebouncedWait } from '../debounce/merged.ts';
import { notBefore } from '../job-view.ts';
import { replacedOthers } from './sentences.ts';
import type { Why } from './why.ts';

/** Explains a start that waits until no other start of its key comes. */
export function explainDebounce(
  { key, startsAt, latestAt, replaced }: DebouncedWait,
  times: Pick<Why, 'since' | 'until'>,
): Why {
  const nextAt = notBefore(new Date(), startsAt).toISOString();
  const atLatest = latestAt && latestAt > startsAt ? `, and at ${latestAt.toISOString()} at the latest` : '';
  const expiry = times.until === undefined ? '' : ` It expires at ${times.until}.`;
  return {
    code: 'waiting_for_quiet',
    sentence: `It starts at ${nextAt} if no other start of the key ${key} comes before${atLatest}.${replacedOthers(replaced)}${expiry}`,
    ...times,
    nextAt,
    debounce: { key, replaced },
    actions: [],
  };
}
