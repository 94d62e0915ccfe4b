/** Everything of an answer of the engine as text, with the bytes of its payloads as what they say. */
export function inClear(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) => {
    if (field instanceof Uint8Array) return Buffer.from(field).toString('utf8');
    const buffer = field as { type?: unknown; data?: number[] } | null;
    return buffer?.type === 'Buffer' ? Buffer.from(buffer.data ?? []).toString('utf8') : field;
  });
}
