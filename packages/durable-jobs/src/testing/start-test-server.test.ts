import { expect, it, vi } from 'vitest';
import { startTestServer } from './start-test-server.ts';

const create = vi.hoisted(() => vi.fn());
vi.mock('@temporalio/testing', () => ({ TestWorkflowEnvironment: { createTimeSkipping: create } }));

/** The SDK's error of a server that a busy machine did not start in time. */
const slow = new Error(
  'Failed to start ephemeral server: ephemeral server at 127.0.0.1:1 did not start within 5s.',
);

it('starts another server if one does not start in time', async () => {
  create.mockRejectedValueOnce(slow).mockRejectedValueOnce(slow).mockResolvedValueOnce('the server');
  expect(await startTestServer('/a/server')).toBe('the server');
});

it('fails at once if another one would not help, and after a minute otherwise', async () => {
  create.mockReset().mockRejectedValueOnce(new Error('no such file'));
  await expect(startTestServer('/a/server')).rejects.toThrow('no such file');
  create.mockReset().mockRejectedValue(slow);
  await expect(startTestServer(undefined)).rejects.toBe(slow);
  expect(create).toHaveBeenCalledTimes(12);
});
