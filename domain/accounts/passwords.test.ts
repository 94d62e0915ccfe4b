import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as Argon2 from '@node-rs/argon2';
import { verify } from '@node-rs/argon2';
import { expect, it, vi } from 'vitest';
import { hashPassword } from './passwords.ts';

const counted = vi.hoisted(() => ({ running: 0, most: 0 }));

vi.mock('@node-rs/argon2', async (importOriginal) => {
  const original = await importOriginal<typeof Argon2>();
  return {
    ...original,
    hash: async (password: string) => {
      counted.most = Math.max(counted.most, ++counted.running);
      try {
        await nextTurn();
        return await original.hash(password);
      } finally {
        counted.running--;
      }
    },
  };
});

it('hashes at most two passwords concurrently, each in turn', async () => {
  const passwords = Array.from({ length: 6 }, (_, index) => `password ${index}`);
  const hashes = await Promise.all(passwords.map((password) => hashPassword(password)));
  expect(counted).toEqual({ running: 0, most: 2 });
  for (const [index, password] of passwords.entries())
    expect(await verify(hashes[index] ?? '', password)).toBe(true);
});
