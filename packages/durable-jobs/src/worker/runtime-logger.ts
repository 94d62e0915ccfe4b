import {
  DefaultLogger,
  makeTelemetryFilterString,
  type LogEntry,
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

/** The SDK's names of fields that our lines name differently. */
const ourNames: Readonly<Record<string, string>> = {
  workflowId: 'jobId',
  workflowType: 'jobType',
  activityType: 'activity',
};

/** Fields of an activity's line that repeat others, or describe the process. */
const dropped: ReadonlySet<string> = new Set(['namespace', 'isLocal', 'taskToken']);

/** Warnings of the SDK that say what one of our own lines says, or what is so by design: most queues have only activities. */
const repeated: ReadonlySet<string> = new Set([
  'Activity failed',
  'Workflow failed',
  'No workflows registered, not polling for workflow tasks',
]);

/** What the SDK says of a job that does not replay. Before a worker polls, no job fails by that, and our own lines name it. */
const ofReplay: ReadonlySet<string> = new Set([
  'Failing workflow task',
  'Failed to process Workflow Activation',
]);

/** What the SDK's workers report of themselves, such as each change of their state, is for those who look into the SDK. */
function levelOf({ level, message, meta }: LogEntry, isPolling: boolean): (typeof pinoLevels)[LogLevel] {
  const isDetail =
    (meta?.sdkComponent === 'worker' && (level === 'INFO' || repeated.has(message))) ||
    (!isPolling && ofReplay.has(message));
  return isDetail ? 'debug' : pinoLevels[level];
}

/**
 * Returns the options with which the SDK logs the messages of workflows, activities and its own core through the process's logger: one JSON
 * object per line, with the same field names as our own lines. Until `isPolling`, jobs are only replayed.
 */
export function runtimeLogging(
  logger: Logger,
  isPolling: () => boolean,
): Required<Pick<RuntimeOptions, 'logger'>> & {
  logging: NonNullable<TelemetryOptions['logging']>;
} {
  const level = logger.isLevelEnabled('trace') ? 'TRACE' : logger.isLevelEnabled('debug') ? 'DEBUG' : 'INFO';
  return {
    logger: new DefaultLogger(level, (entry) => {
      logger[levelOf(entry, isPolling())](ourFields(entry.meta), entry.message);
    }),
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
  };
}

/** Returns the SDK's fields with our names. */
export function ourFields(meta: LogMetadata | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta ?? {})
      // Workflows always have a trace id, but it only exists if the trace is recorded.
      .filter(([key]) => !dropped.has(key) && (key !== 'traceId' || isTracing()))
      .map(([key, value]) => [ourNames[key] ?? key, value]),
  );
}
