import { message as sections } from 'rhea-promise';

/** rhea's decoder as this module changes it, once for a process, however many copies of this library it has loaded. */
type Decode = typeof sections.decode & {
  /** The bytes of messages that could not be decoded. */
  undecoded?: WeakMap<object, Buffer>;
};

const undecoded = (sections.decode as Decode).undecoded ?? deliverUndecoded();

/**
 * rhea decodes a message before it delivers it. An error of the decoder, for example about a body that is nested thousands of levels deep,
 * ends the connection. The broker would then deliver the same message repeatedly, and the queue would be stuck. With this, such a message
 * is delivered without content instead. Returns the bytes of those messages.
 */
function deliverUndecoded(): WeakMap<object, Buffer> {
  const { decode } = sections;
  const found = new WeakMap<object, Buffer>();
  const tolerant: Decode = (bytes) => {
    try {
      return decode(bytes);
    } catch {
      const message = decode(Buffer.alloc(0));
      found.set(message, bytes);
      return message;
    }
  };
  tolerant.undecoded = found;
  sections.decode = tolerant;
  return found;
}

/** Returns the bytes of a message that could not be decoded; undefined if it was decoded. */
export function undecodedBytes(message: object): Buffer | undefined {
  return undecoded.get(message);
}
