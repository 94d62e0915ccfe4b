import { textFaults, type TextFault } from './text.ts';

/** The maximum nesting that is read. Our own JSON has six levels; code that walks a value recursively must not exhaust the stack. */
export const MAX_JSON_DEPTH = 32;

/** The error of a text that is not JSON that the service reads. The message says why, "must be …", and contains nothing of the text. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly reason: 'encoding' | 'syntax' | 'depth' | 'text';
  /** The invalid texts in it, if they are the reason. */
  readonly faults: readonly TextFault[];
  constructor(reason: JsonError['reason'], message: string, faults: readonly TextFault[] = []) {
    super(message);
    this.reason = reason;
    this.faults = faults;
  }
}

/** A byte order mark, which some editors put in front of a text. It is not part of the text. */
export const BYTE_ORDER_MARK: Uint8Array = new Uint8Array([0xef, 0xbb, 0xbf]);

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8.
 * @throws {JsonError} if the bytes are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw new JsonError('encoding', 'must be UTF-8');
  }
}

/** Returns the bytes without a byte order mark at their beginning. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? bytes.subarray(3) : bytes;
}

/**
 * Parses the bytes of a JSON text as defined by RFC 8259, in UTF-8, with or without a byte order mark.
 * @throws {JsonError} see {@link parseJsonText}.
 */
export function parseJson(bytes: Uint8Array): unknown {
  return parseJsonText(decodeUtf8(withoutMark(bytes)));
}

/**
 * Parses a JSON text.
 * @throws {JsonError} if it is not JSON, is nested deeper than {@link MAX_JSON_DEPTH}, or contains text that must not be stored, see {@link
 * textFaults}.
 */
export function parseJsonText(text: string): unknown {
  if (isTooDeep(text)) {
    throw new JsonError('depth', `must not be nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
  const value = parse(text);
  // Text that was decoded strictly can only have these in escapes, so most values need no check.
  const faults = ESCAPED_FAULT.test(text) ? textFaults(value) : [];
  if (faults.length > 0) throw new JsonError('text', 'must contain well-formed text', faults);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonError('syntax', 'must be valid JSON');
  }
}

const ESCAPED_FAULT = /\\u(?:0000|d[89a-f])/i;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Returns the nesting, counting brackets outside of strings. For text that is not valid JSON, the result may be wrong: the parser refuses
 * it.
 */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (inString) {
      if (unit === BACKSLASH) index++;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) {
      inString = true;
    } else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else if (unit === 0x5d || unit === 0x7d) {
      depth--;
    }
  }
  return false;
}
