/**
 * All texts in an answer of the engine, and all bytes as the text that they are, a line each. It walks the messages itself: as JSON they
 * have their bytes in base64, if nobody finds anything.
 */
export function inClear(value: unknown): string {
  const lines: string[] = [];
  const walk = (part: unknown): void => {
    if (typeof part === 'string') lines.push(part);
    else if (part instanceof Uint8Array) lines.push(Buffer.from(part).toString('utf8'));
    else if (typeof part === 'object' && part !== null) {
      for (const [name, field] of Object.entries(part)) {
        lines.push(name);
        walk(field);
      }
    }
  };
  walk(value);
  return lines.join('\n');
}
