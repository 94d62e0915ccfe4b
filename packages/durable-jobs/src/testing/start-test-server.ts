import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { errorMessage } from '../process/errors.ts';

/** Each attempt has the five seconds that the SDK gives a server. */
const ATTEMPTS = 12;

/**
 * Starts a time-skipping test server: the one at `path`, or the SDK's own. A server that a busy machine does not start within the SDK's time
 * limit is replaced by another one.
 */
export async function startTestServer(path: string | undefined): Promise<TestWorkflowEnvironment> {
  const testing = await import('@temporalio/testing').catch((cause: unknown) => {
    throw new Error(
      'The test engine requires the package @temporalio/testing: run npm install --save-dev @temporalio/testing.',
      { cause },
    );
  });
  const server =
    path === undefined ? {} : { server: { executable: { type: 'existing-path' as const, path } } };
  for (let attempt = 1; ; attempt++) {
    try {
      return await testing.TestWorkflowEnvironment.createTimeSkipping(server);
    } catch (error) {
      if (attempt >= ATTEMPTS || !errorMessage(error).includes('did not start within')) throw error;
    }
  }
}
