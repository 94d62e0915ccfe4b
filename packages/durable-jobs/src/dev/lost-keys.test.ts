import { expect, it } from 'vitest';
import { describeLostKeys } from './lost-keys.ts';

it('says what happened to the keys, and both ways to go on', () => {
  expect(describeLostKeys({ ids: ['k1'], hasKeys: false }, ["/ada's app/.state/postgres", '/t'])).toBe(
    `The data of this stack is encrypted with the key "k1", and PAYLOAD_KEYS is not set.
  - If you have the key: add it to PAYLOAD_KEYS, in .env or in the shell, and start again.
  - If not, that data cannot be read any more. To start again without it: rm -rf '/ada'\\''s app/.state/postgres' '/t'`,
  );
});

it('deletes nothing of servers that others may use', () => {
  const text = describeLostKeys({ ids: ['k1', 'k2'], hasKeys: true }, []);
  expect(text).toContain('with the keys "k1", "k2", and PAYLOAD_KEYS does not contain them.');
  expect(text).not.toContain('rm');
});
