import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Errors, and the failures of workflow tasks: with those, a workflow does not continue, and its test waits in vain. */
const coreFilter = 'error,temporalio_sdk_core::worker::workflow=warn';

/**
 * Keeps what the SDK logs of attempts that a test lets fail off the screen, unless the process has settled that itself. With `errorsOnly`,
 * also the failures of workflow tasks, for commands that print these themselves.
 */
export function quietRuntime({ errorsOnly = false } = {}): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: errorsOnly ? 'error' : coreFilter } },
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}
