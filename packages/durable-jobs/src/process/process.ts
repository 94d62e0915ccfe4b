import { ConfigError } from '../config/config.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { createCommand, parseArguments } from './command.ts';
import { RefusedError } from './refused-error.ts';
import { UsageError, usageText } from './usage-error.ts';

/**
 * Runs a process of the service, which accepts no arguments: reads its configuration and runs `main` until it ends. A failure is logged,
 * and the process exits with 1, or with the code of a {@link RefusedError}. For a configuration error, the log lists everything that is invalid.
 */
export async function runProcess<C extends { LOG_LEVEL: string }>(
  service: string,
  load: () => C,
  main: (config: C, logger: Logger) => Promise<void>,
): Promise<void> {
  let logger = createLogger(service, 'info');
  try {
    const command = createCommand(service).description('Environment variables configure it.');
    if (!parseArguments(command)) process.exit(0);
    const config = load();
    logger = createLogger(service, config.LOG_LEVEL);
    await main(config, logger);
    // Explicitly: the engine's client retries a call even if it was closed, and that ends the process with an error.
    process.exit(0);
  } catch (error) {
    if (error instanceof UsageError) logger.fatal(usageText(error));
    else if (error instanceof ConfigError || error instanceof RefusedError) logger.fatal(error.message);
    else logger.fatal({ err: error }, `the ${service} process failed`);
    // What is still open, such as a connection that could not be closed, must not keep a failed process alive.
    process.exit(exitCodeFor(error));
  }
}

function exitCodeFor(error: unknown): number {
  if (error instanceof RefusedError) return error.exitCode;
  return error instanceof UsageError ? 2 : 1;
}

/** Calls `stop` once, for the first reason to stop: a signal, or the loss of the channel to a parent that supervises this process. */
export function onStop(stop: (reason: string) => void): void {
  let stopping = false;
  const once = (reason: string): void => {
    if (stopping) return;
    stopping = true;
    stop(reason);
  };
  process.on('SIGTERM', () => once('SIGTERM'));
  process.on('SIGINT', () => once('SIGINT'));
  if (process.connected) {
    process.on('disconnect', () => once('the supervisor exited'));
    // Node closes a channel without a listener, and one with a listener must not keep the process alive.
    process.channel?.unref();
  }
}
