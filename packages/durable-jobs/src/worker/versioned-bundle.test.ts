import { expect, it } from 'vitest';
import { versionedBundle } from './versioned-bundle.ts';

it('declares how the runs of each type are versioned, and keeps the lines of the bundle', async () => {
  const { code } = await versionedBundle({ code: 'first line\nsecond line' }, [
    { type: 'ship', versioning: 'pinned' },
    { type: 'track' },
  ]);
  expect(code).toBe(
    'globalThis.durableJobsVersioning={"ship":"PINNED","track":"AUTO_UPGRADE"};first line\nsecond line',
  );
});
