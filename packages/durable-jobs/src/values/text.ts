import { z } from 'zod';

/** The character that a lenient decoder puts in place of bytes that are not UTF-8. */
const REPLACEMENT = '\u{fffd}';

/**
 * Control characters, line and paragraph separators, and characters that change the direction of the following text: in a log line, a list
 * or an email, they make one text look like another.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** A visible character. */
const VISIBLE = /[^\s\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/**
 * Returns what is wrong with a text, or undefined. PostgreSQL stores no NUL, and half of a surrogate pair is not a character: encoders
 * replace it, so what is stored would differ from what was sent.
 */
export function textFault(text: string): string | undefined {
  if (!text.isWellFormed()) return 'must be well-formed Unicode, without half of a surrogate pair';
  if (text.includes('\0')) return 'must not contain a NUL character';
  return undefined;
}

/** Returns what is wrong with a text of one line, such as a name, or undefined. */
export function lineFault(text: string): string | undefined {
  const fault = textFault(text);
  if (fault !== undefined) return fault;
  if (UNPRINTABLE.test(text)) return 'must be one line without control characters';
  if (!VISIBLE.test(text)) return 'must not be blank';
  return undefined;
}

/** Returns what is wrong with a line that was decoded from bytes, like {@link lineFault}. */
export function decodedLineFault(text: string): string | undefined {
  return text.includes(REPLACEMENT) ? 'must be UTF-8' : lineFault(text);
}

/** The maximum number of characters that {@link quoted} shows. */
const MAX_QUOTED = 100;

/** Returns a text in quotes for a message. Characters that are invisible, or change the direction of text, are escaped. */
export function quoted(text: string): string {
  const shown = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
  return JSON.stringify(shown).replace(
    new RegExp(UNPRINTABLE, 'gu'),
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** Text of any kind, such as a note, that the service stores as it is. */
export function anyText(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .superRefine((text, context) => addFault(textFault(text), context));
}

/** Text that is not empty. */
export function text(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .superRefine((value, context) => addFault(textFault(value), context));
}

/** One line of text for people, such as a name: not blank, and without control characters. */
export function line(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .superRefine((value, context) => addFault(value === '' ? undefined : lineFault(value), context));
}

function addFault(message: string | undefined, context: z.core.$RefinementCtx): void {
  if (message !== undefined) context.addIssue({ code: 'custom', message });
}

/** An invalid text, and its place in the value that contains it. */
export interface TextFault {
  path: (string | number)[];
  message: string;
}

/** Returns the invalid texts of a JSON value, including names of fields; at most a hundred. */
export function textFaults(value: unknown): TextFault[] {
  const faults: TextFault[] = [];
  const add = (text: string, path: TextFault['path']): void => {
    const message = textFault(text);
    if (message !== undefined) faults.push({ path, message });
  };
  const open: { value: unknown; path: TextFault['path'] }[] = [{ value, path: [] }];
  for (let next = open.pop(); next && faults.length < MAX_FAULTS; next = open.pop()) {
    const { value: found, path } = next;
    if (typeof found === 'string') {
      add(found, path);
    } else if (Array.isArray(found)) {
      for (let index = found.length - 1; index >= 0; index--) {
        open.push({ value: found[index], path: [...path, index] });
      }
    } else if (typeof found === 'object' && found !== null) {
      for (const [name, inner] of Object.entries(found).toReversed()) {
        add(name, [...path, name]);
        open.push({ value: inner, path: [...path, name] });
      }
    }
  }
  return faults;
}

/** The maximum number of faults that a response lists. */
const MAX_FAULTS = 100;
