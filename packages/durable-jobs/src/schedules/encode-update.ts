import type { Client, ScheduleDescription, ScheduleUpdateOptions } from '@temporalio/client';
import {
  compileUpdatedScheduleOptions,
  encodeScheduleAction,
  encodeSchedulePolicies,
  encodeScheduleSpec,
  encodeScheduleState,
} from '@temporalio/client/lib/schedule-helpers.js';
import { encodeUnifiedSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes.js';
import type { ScheduleChange } from './change.ts';

/**
 * Encodes an update as the client's own `update` does, which cannot be told which version it is for. The headers of the schedule's runs are
 * kept.
 */
export async function encodeUpdate(
  client: Client,
  { scheduleId, raw }: ScheduleDescription,
  options: ScheduleUpdateOptions,
): Promise<ScheduleChange> {
  const { namespace, loadedDataConverter } = client.options;
  const { spec, action, policies, state, typedSearchAttributes } = compileUpdatedScheduleOptions(
    scheduleId,
    options,
  );
  const headers = raw.schedule?.action?.startWorkflow?.header?.fields ?? {};
  return {
    schedule: {
      spec: encodeScheduleSpec(spec),
      action: await encodeScheduleAction(loadedDataConverter, namespace, action, headers),
      policies: encodeSchedulePolicies(policies),
      state: encodeScheduleState(state),
    },
    ...(typedSearchAttributes && {
      searchAttributes: { indexedFields: encodeUnifiedSearchAttributes(undefined, typedSearchAttributes) },
    }),
  };
}
