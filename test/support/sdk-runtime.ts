/** Set-up of files that use the SDK's native core. */
import { quietRuntime } from '../../packages/durable-jobs/src/testing/quiet-runtime.ts';

quietRuntime();
