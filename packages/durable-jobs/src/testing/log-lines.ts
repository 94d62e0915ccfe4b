import { pino } from 'pino';
import { serializeError } from '../telemetry/log-error.ts';
import type { Logger } from '../telemetry/logger.ts';

/** A line that a job has logged. */
export interface LogLine {
  /** Such as `info`. */
  level: string;
  message: string;
  /** What else the line has. */
  fields: Record<string, unknown>;
}

/** Creates a logger that adds its lines, of every level, to a list. */
export function collectingLogger(lines: LogLine[]): Logger {
  return pino(
    {
      level: 'trace',
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError, error: serializeError },
    },
    {
      write(text) {
        const { level, msg = '', ...fields } = JSON.parse(text) as { level: string; msg?: string };
        lines.push({ level, message: msg, fields });
      },
    },
  );
}
