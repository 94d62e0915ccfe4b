import { pino, type DestinationStream, type Logger } from 'pino';
import { serializeError } from './log-error.ts';
import { scrub } from './scrub.ts';
import { currentLogFields } from './log-fields.ts';
import { currentTraceId } from './tracing.ts';

/** pino's logger, which every process logs with. */
export type { Logger };

/** Fields that are never logged, at the first two levels of any object. */
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
 * Creates the process's logger: one JSON object per line on standard output, with the ids of the current request and job. Secrets and
 * personal data are replaced by the name of their field and, because texts can contain them too, by their form.
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
      // The SDK logs errors as `error`, our code and pino-http as `err`.
      serializers: { err: serializeError, error: serializeError },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
      hooks: { streamWrite: scrub },
    },
    destination,
  );
}
