/** Separate process of `downloadWithSdk`: makes the SDK download a server, and exits. */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [kind, version = '', downloadDir = ''] = process.argv.slice(2);
/** @type {{ type: 'cached-download', version: string, downloadDir: string }} */
const executable = { type: 'cached-download', version, downloadDir };
try {
  const env =
    kind === 'dev-server'
      ? await TestWorkflowEnvironment.createLocal({ server: { executable } })
      : await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  await env.teardown();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
