import { pino, type DestinationStream, type Logger } from 'pino';
import { serializeError } from './log-error.ts';
import { scrub } from './scrub.ts';
import { currentLogFields } from './log-fields.ts';
import { currentTraceId } from './tracing.ts';

/** The logger of pino, which every process logs with. */
export type { Logger };

/** What never reaches a log line, wherever in an object it stands one or two levels deep. */
const secretKeys = [
  'password',
  'newPassword',
  'passwordHash',
  'token',
  'authorization',
  'cookie',
  'email',
  'name',
  'apiKey',
  'recipient',
  'paymentMethod',
  'html',
  'text',
];

/**
 * Creates the process's logger: one JSON object a line on standard output, with the ids of the request and the job that it is written for.
 * Secrets and personal data are replaced by their keys, and, as texts can hold them too, by their looks.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // A new object each time: pino adds the line's own fields to it.
      mixin: () => {
        const traceId = currentTraceId();
        return { ...currentLogFields(), ...(traceId !== undefined && { traceId }) };
      },
      // The SDK logs errors under `error`, our code and pino-http under `err`.
      serializers: { err: serializeError, error: serializeError },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
      hooks: { streamWrite: scrub },
    },
    destination,
  );
}
