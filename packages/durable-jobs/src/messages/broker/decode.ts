import { message as sections } from 'rhea-promise';

/** The bytes of messages that could not be decoded. */
const undecoded = new WeakMap<object, Buffer>();

const { decode } = sections;

/**
 * rhea decodes a message before it delivers it. An error of the decoder, for example about a body that is nested thousands of levels deep,
 * ends the connection. The broker would then deliver the same message repeatedly, and the queue would be stuck. With this, such a message
 * is delivered without content instead.
 */
sections.decode = (bytes) => {
  try {
    return decode(bytes);
  } catch {
    const message = decode(Buffer.alloc(0));
    undecoded.set(message, bytes);
    return message;
  }
};

/** Returns the bytes of a message that could not be decoded; undefined if it was decoded. */
export function undecodedBytes(message: object): Buffer | undefined {
  return undecoded.get(message);
}
