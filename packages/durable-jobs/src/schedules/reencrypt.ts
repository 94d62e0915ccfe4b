import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ScheduleDescription } from '@temporalio/client';
import { encodeUnifiedSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes.js';
import { decode, encode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { Payload, SerializationContext } from '@temporalio/common';
import { ownerOf, ownershipAttributes } from './ownership.ts';
import { encryptionOf } from './temporal.ts';

/** The outcome for a schedule: `kept` if it was already current, `unreadable` if this process cannot read its input. */
export type Reencryption = 'reencrypted' | 'kept' | 'unreadable';

/**
 * The engine drops a change that another one has overtaken, and shows a new search attribute some milliseconds after the change. Each
 * attempt begins with the current state.
 */
const TRIES = 20;
const RETRY_MS = 250;

/**
 * Encrypts the payloads of a schedule's action again, with this process's first key, and stores its owner as a search attribute. Timing,
 * state, counts and recent runs do not change, and a concurrent change takes precedence: the engine accepts this one only for the version
 * that was read.
 */
export async function reencryptSchedule({
  client,
  describe,
}: {
  client: Client;
  describe: () => Promise<ScheduleDescription>;
}): Promise<Reencryption> {
  const codecs = client.options.loadedDataConverter.payloadCodecs;
  let tries = 0;
  for (;;) {
    const description = await describe();
    const encryption = encryptionOf(description, codecs);
    if (encryption === 'unreadable') return 'unreadable';
    if (encryption === 'current' && (isMarked(description) || ownerOf(description) === 'unknown'))
      return tries === 0 ? 'kept' : 'reencrypted';
    if (tries++ === TRIES) throw new Error(`the schedule ${description.scheduleId} keeps changing`);
    await client.workflowService.updateSchedule(await rewritten(client, description));
    await delay(RETRY_MS);
  }
}

/** Whether the schedule itself, without its memo, contains its owner. */
function isMarked({ typedSearchAttributes }: ScheduleDescription): boolean {
  return ownerOf({ typedSearchAttributes, memo: {} }) !== null;
}

async function rewritten(client: Client, { scheduleId, raw, ...description }: ScheduleDescription) {
  const { namespace, identity, loadedDataConverter } = client.options;
  const { schedule, conflictToken } = raw;
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
    namespace,
    identity,
    scheduleId,
    conflictToken: conflictToken ?? null,
    requestId: randomUUID(),
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
