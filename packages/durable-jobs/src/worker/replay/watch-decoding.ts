import type { DataConverter, PayloadCodec } from '@temporalio/common';

/** The data converter of a replay, which remembers whether a payload could not be decoded. */
export interface WatchedDecoding {
  dataConverter: DataConverter;
  /** The first error of a codec since {@link forget} was called. */
  readonly failure: unknown;
  forget: () => void;
}

/**
 * Remembers the errors of a converter's codecs: the SDK reports a payload that could not be decoded like any other failure of a workflow
 * task. Nothing is encoded, because no one reads what a replay produces, and encryption may create keys.
 */
export function watchDecoding(dataConverter: DataConverter): WatchedDecoding {
  let failure: unknown;
  const watched = (codec: PayloadCodec): PayloadCodec => ({
    encode: (payloads) => Promise.resolve(payloads),
    decode: async (payloads, context) => {
      try {
        return await codec.decode(payloads, context);
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
  });
  return {
    dataConverter: { ...dataConverter, payloadCodecs: (dataConverter.payloadCodecs ?? []).map(watched) },
    get failure() {
      return failure;
    },
    forget: () => {
      failure = undefined;
    },
  };
}
