/**
 * The worker of the bare SDK that the benchmarks compare the service with, with the SDK's defaults: `raw-worker.ts <engine's address> <task queue>
 * <database URL> <connections>`.
 */
import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import pg from 'pg';
import { rawActivities } from './raw-activities.ts';

const [address = '', taskQueue = '', databaseUrl = '', connections = '10'] = process.argv.slice(2);
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
  activities: rawActivities(new pg.Pool({ connectionString: databaseUrl, max: Number(connections) })),
});
await worker.run();
process.exit();
