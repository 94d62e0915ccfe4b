/** Set-up of files that use the SDK's native core: only errors are logged. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { processState } from './process-state.ts';

if (!processState.hasRuntime) {
  processState.hasRuntime = true;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}
