import { message as sections } from 'rhea-promise';
import { expect, it, vi } from 'vitest';

/** Not a message of AMQP 1.0. */
const unreadable = Buffer.from('not a message');

it('keeps the bytes of a message that cannot be decoded for every copy of the library in the process', async () => {
  const first = await import('./decode.ts');
  vi.resetModules();
  const second = await import('./decode.ts');
  expect(second).not.toBe(first);
  const message = sections.decode(unreadable);
  expect(first.undecodedBytes(message)).toBe(unreadable);
  expect(second.undecodedBytes(message)).toBe(unreadable);
});

it('has no bytes of a message that was decoded', async () => {
  const { undecodedBytes } = await import('./decode.ts');
  expect(undecodedBytes(sections.decode(sections.encode({ body: '{}' })))).toBeUndefined();
});
