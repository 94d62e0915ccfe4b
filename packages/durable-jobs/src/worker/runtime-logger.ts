import {
  DefaultLogger,
  makeTelemetryFilterString,
  type LogLevel,
  type LogMetadata,
  type RuntimeOptions,
  type TelemetryOptions,
} from '@temporalio/worker';
import type { Logger } from '../telemetry/logger.ts';
import { isTracing } from '../telemetry/tracing.ts';

const pinoLevels = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, string>;

/** The SDK's names for what our lines call otherwise. */
const ourNames: Readonly<Record<string, string>> = {
  workflowId: 'jobId',
  workflowType: 'jobType',
  activityType: 'activity',
};

/** What an activity's line needs no more once it has our names, or says again what the process is. */
const dropped: ReadonlySet<string> = new Set(['namespace', 'isLocal', 'taskToken']);

/**
 * Has the SDK log what workflows, activities and its own core say through the process's logger, a JSON object a line, under
 * the names that our own lines have.
 */
export function runtimeLogging(logger: Logger): Required<Pick<RuntimeOptions, 'logger'>> & {
  logging: NonNullable<TelemetryOptions['logging']>;
} {
  const level = logger.isLevelEnabled('trace') ? 'TRACE' : logger.isLevelEnabled('debug') ? 'DEBUG' : 'INFO';
  return {
    logger: new DefaultLogger(level, (entry) => {
      logger[pinoLevels[entry.level]](ourFields(entry.meta), entry.message);
    }),
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
  };
}

/** The SDK's fields under our names. */
export function ourFields(meta: LogMetadata | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta ?? {})
      // Workflows always name a trace; it is one only if it is recorded.
      .filter(([key]) => !dropped.has(key) && (key !== 'traceId' || isTracing()))
      .map(([key, value]) => [ourNames[key] ?? key, value]),
  );
}
