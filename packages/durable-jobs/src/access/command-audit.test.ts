import { expect, it } from 'vitest';
import { auditCommand } from './command-audit.ts';

// No server listens there.
const away = 'postgresql://postgres@127.0.0.1:1/none';
const entry = { command: 'deployment', action: 'rollback', params: {} };

it('performs an action that may remain unrecorded without the database, and reports that', async () => {
  const reasons: unknown[] = [];
  const unrecorded = (error: unknown): void => void reasons.push(error);
  expect(await auditCommand(away, entry, () => Promise.resolve('done'), { unrecorded })).toBe('done');
  expect(reasons).toEqual([expect.objectContaining({ code: 'ECONNREFUSED' })]);
});

it('performs no other action without the database', async () => {
  const run = (): Promise<never> => Promise.reject(new Error('must not run'));
  await expect(auditCommand(away, entry, run)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
