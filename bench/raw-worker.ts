/** The worker that `npm run bench:jobs` compares the service with, with the SDK's defaults: `raw-worker.ts <engine's address> <task queue>`. */
import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { doNothing } from './raw-activities.ts';

const [address = '', taskQueue = ''] = process.argv.slice(2);
Runtime.install({
  logger: {
    log: () => undefined,
    trace: () => undefined,
    debug: () => undefined,
    info: () => undefined,
    warn: console.warn,
    error: console.error,
  },
});
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: fileURLToPath(new URL('raw-workflow.ts', import.meta.url)),
  activities: { doNothing },
});
await worker.run();
process.exit();
