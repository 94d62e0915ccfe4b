import type { ScheduleDescription, ScheduleSummary } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { searchAttributes } from '../engine/search-attributes.ts';
import { UNREADABLE } from '../encryption/payload-codec.ts';

/** `declared`: by schedules/definitions.ts; `api`: made over REST. */
export type ScheduleOwner = 'declared' | 'api';

/** The memo field that named the owner before the search attribute did. The engine never changes a memo. */
export const OWNER_MEMO = 'managedBy';

/**
 * The search attributes of a schedule itself, apart from those of the runs that it starts: its job, and its owner as the
 * business key. Search attributes are never encrypted and can be changed, so the marker survives every key.
 */
export function ownershipAttributes(job: string, owner: ScheduleOwner): SearchAttributePair[] {
  return [
    { key: searchAttributes.jobType, value: job },
    { key: searchAttributes.businessKey, value: owner },
  ];
}

/**
 * Returns who owns a schedule: `unknown` if it is one of ours whose marker is an older memo that cannot be decrypted, null if it is none of
 * ours.
 */
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
