import { message as sections } from 'rhea-promise';

/** The bytes of messages that could not be decoded. */
const undecoded = new WeakMap<object, Buffer>();

const { decode } = sections;

/**
 * rhea decodes a message before it hands it out, and an error there, of a body that is nested thousands of levels deep for example, ends
 * the connection. The broker would then deliver the same message repeatedly, and the queue would stand still. Such a message is handed out
 * with nothing in it instead.
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

/** The bytes of a message that could not be decoded; undefined if it was. */
export function undecodedBytes(message: object): Buffer | undefined {
  return undecoded.get(message);
}
