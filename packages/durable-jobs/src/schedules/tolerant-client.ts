import { ScheduleClient, type Client } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter, type PayloadCodec } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { failureTypes } from '../engine/failure-types.ts';
import { UNREADABLE } from '../encryption/payload-codec.ts';

/**
 * Creates a client that can read every schedule of a namespace: a payload that cannot be decrypted or parsed becomes the text {@link
 * UNREADABLE}, so that one schedule never hides the others.
 */
export function tolerantScheduleClient(client: Client): ScheduleClient {
  const { connection, options } = client;
  const { namespace, identity, loadedDataConverter } = options;
  return new ScheduleClient({
    connection,
    namespace,
    identity,
    dataConverter: { payloadCodecs: [tolerant(loadedDataConverter.payloadCodecs)] },
  });
}

function tolerant(codecs: PayloadCodec[]): PayloadCodec {
  const decodeOne: (
    ...args: Parameters<PayloadCodec['decode']>
  ) => ReturnType<PayloadCodec['decode']> = async (payloads, context) => {
    try {
      const decoded = await decode(codecs, payloads, context);
      for (const payload of decoded) defaultPayloadConverter.fromPayload(payload);
      return decoded;
    } catch (error) {
      // A payload that is only unavailable now must not count as lost.
      if (error instanceof ApplicationFailure && error.type === failureTypes.databaseUnavailable) throw error;
      return payloads.map(() => defaultPayloadConverter.toPayload(UNREADABLE));
    }
  };
  return {
    encode: (payloads, context) => encode(codecs, payloads, context),
    decode: async (payloads, context) =>
      (await Promise.all(payloads.map((payload) => decodeOne([payload], context)))).flat(),
  };
}
