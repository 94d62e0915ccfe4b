import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** The search attributes that every job carries. Both are Keywords; neither ever holds personal data. */
export const searchAttributes = {
  jobType: defineSearchAttributeKey('JobType', SearchAttributeType.KEYWORD),
  businessKey: defineSearchAttributeKey('BusinessKey', SearchAttributeType.KEYWORD),
} as const;

/** Set by the engine on runs of a schedule: the time that the run was planned for, however late it begins. */
export const scheduledStartTime = defineSearchAttributeKey(
  'TemporalScheduledStartTime',
  SearchAttributeType.DATETIME,
);
