import type { ScheduleDescription, ScheduleSummary } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { searchAttributes } from '../engine/search-attributes.ts';
import { UNREADABLE } from '../encryption/payload-codec.ts';

/** `declared`: in schedules/definitions.ts; `api`: created over REST. */
export type ScheduleOwner = 'declared' | 'api';

/** The memo field that named the owner in earlier releases, before the search attribute. The engine never changes a memo. */
export const OWNER_MEMO = 'managedBy';

/**
 * Returns the search attributes of a schedule itself, as opposed to its runs: its job, and its owner as the business key. Search attributes
 * are never encrypted and can be changed, so they do not depend on a key.
 */
export function ownershipAttributes(job: string, owner: ScheduleOwner): SearchAttributePair[] {
  return [
    { key: searchAttributes.jobType, value: job },
    { key: searchAttributes.businessKey, value: owner },
  ];
}

/** Returns the owner of a schedule: `unknown` if it is one of ours with an older memo that cannot be decrypted, null if it is not ours. */
export function ownerOf({
  typedSearchAttributes,
  memo,
}: Pick<ScheduleDescription | ScheduleSummary, 'typedSearchAttributes' | 'memo'>):
  ScheduleOwner | 'unknown' | null {
  const marked = typedSearchAttributes?.get(searchAttributes.businessKey);
  if (isOwner(marked)) return marked;
  const remembered = memo?.[OWNER_MEMO];
  if (isOwner(remembered)) return remembered;
  return remembered === UNREADABLE ? 'unknown' : null;
}

function isOwner(value: unknown): value is ScheduleOwner {
  return value === 'declared' || value === 'api';
}
