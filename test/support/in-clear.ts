/**
 * Returns all texts in a response of the engine, and all bytes as text, one per line. It walks the messages themselves: in JSON, their
 * bytes would be base64, in which nothing can be found.
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
