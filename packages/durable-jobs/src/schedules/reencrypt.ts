import type { Client, ScheduleDescription } from '@temporalio/client';
import { encodeUnifiedSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes.js';
import { decode, encode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { Payload, SerializationContext } from '@temporalio/common';
import { changeSchedule, type ScheduleChange } from './change.ts';
import { ownerOf, ownershipAttributes } from './ownership.ts';
import { encryptionOf } from './temporal.ts';

/** The outcome for a schedule: `kept` if it was already current, `unreadable` if this process cannot read its input. */
export type Reencryption = 'reencrypted' | 'kept' | 'unreadable';

/**
 * Encrypts the payloads of a schedule's action again, with this process's first key, and stores its owner as a search attribute. Timing,
 * state, counts and recent runs do not change, and a concurrent change takes precedence.
 */
export async function reencryptSchedule(
  client: Client,
  describe: () => Promise<ScheduleDescription>,
): Promise<Reencryption> {
  const codecs = client.options.loadedDataConverter.payloadCodecs;
  const seen = { isUnreadable: false };
  const sent = await changeSchedule(client, describe, async (read) => {
    const encryption = encryptionOf(read, codecs);
    seen.isUnreadable = encryption === 'unreadable';
    if (seen.isUnreadable) return undefined;
    if (encryption === 'current' && (isMarked(read) || ownerOf(read) === 'unknown')) return undefined;
    return rewritten(client, read);
  });
  if (seen.isUnreadable) return 'unreadable';
  return sent === 0 ? 'kept' : 'reencrypted';
}

/** Whether the schedule itself, without its memo, contains its owner. */
function isMarked({ typedSearchAttributes }: ScheduleDescription): boolean {
  return ownerOf({ typedSearchAttributes, memo: {} }) !== null;
}

async function rewritten(
  client: Client,
  { raw: { schedule }, ...description }: ScheduleDescription,
): Promise<ScheduleChange> {
  const { namespace, loadedDataConverter } = client.options;
  const action = schedule?.action?.startWorkflow;
  const context: SerializationContext = {
    type: 'workflow',
    namespace,
    workflowId: action?.workflowId ?? '',
  };
  const again = async (payload: Payload): Promise<Payload> => {
    const codecs = loadedDataConverter.payloadCodecs;
    const [result] = await encode(codecs, await decode(codecs, [payload], context), context);
    if (!result) throw new Error('a codec returned nothing for a payload');
    return result;
  };
  const { summary, details } = action?.userMetadata ?? {};
  const owner = ownerOf(description);
  return {
    schedule: {
      ...schedule,
      action: {
        startWorkflow: {
          ...action,
          input: { payloads: await Promise.all((action?.input?.payloads ?? []).map(again)) },
          userMetadata: {
            ...(summary && { summary: await again(summary) }),
            ...(details && { details: await again(details) }),
          },
        },
      },
    },
    ...((owner === 'declared' || owner === 'api') && {
      searchAttributes: {
        indexedFields: encodeUnifiedSearchAttributes(
          undefined,
          ownershipAttributes(action?.workflowType?.name ?? '', owner),
        ),
      },
    }),
  };
}
