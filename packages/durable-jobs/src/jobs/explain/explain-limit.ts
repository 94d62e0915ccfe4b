import { linkToJob } from '../link-to-job.ts';
import type { LimitedWait } from '../limits/waiting-at.ts';
import { replacedOthers } from './sentences.ts';
import type { Why } from './why.ts';

/** Explains a start that waits at a limit of its job, or behind an earlier start of its job. */
export function explainLimit(wait: LimitedWait | 'behind', times: Pick<Why, 'since' | 'until'>): Why {
  const latest = times.until === undefined ? '' : `, until ${times.until} at the latest`;
  if (wait === 'behind') {
    return {
      code: 'waiting_for_earlier_start',
      sentence: `It waits for an earlier start of this job to be made and its run to end${latest}.`,
      ...times,
      actions: [],
    };
  }
  const { kind, key, held, holder, freeAt, isBeingFreed, replaced } = wait;
  const limit = { kind, key, held };
  const whose = key === null ? 'of its type' : `of the key ${key}`;
  if (kind === 'throttle') {
    const next = freeAt?.toISOString();
    return {
      code: 'waiting_for_throttle',
      sentence: `It waits because its job is throttled: ${held === 1 ? '1 start' : `${held} starts`} ${whose} ${held === 1 ? 'was' : 'were'} made within the period; the next is made ${next === undefined ? 'in a moment' : `at ${next} at the earliest`}${latest}.${replacedOthers(replaced)}`,
      ...times,
      limit,
      ...(next !== undefined && { nextAt: next }),
      actions: [],
    };
  }
  const what =
    held === 0
      ? `for its turn: the next start ${whose} is made in a moment`
      : held === 1
        ? `for the open run ${whose} to end${isBeingFreed ? ', whose cancellation was requested for it' : ''}`
        : `for one of the ${held} open runs ${whose} to end`;
  return {
    code: 'waiting_for_slot',
    sentence: `It waits ${what}${latest}.${replacedOthers(replaced)}`,
    ...times,
    limit,
    ...(holder !== null && { child: holder }),
    actions: holder === null ? [] : [{ does: `See GET ${linkToJob(holder, '/why')}.` }],
  };
}
