import { pino, type Logger } from 'pino';
import { currentLogFields } from './telemetry/log-fields.ts';

export type { Logger };

/** What never reaches a log line, wherever in an object it stands one or two levels deep. */
const secretKeys = [
  'password',
  'newPassword',
  'token',
  'authorization',
  'email',
  'name',
  'apiKey',
  'recipient',
];

/** Makes the process's logger: one JSON object a line on standard output, secrets and personal data replaced. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: currentLogFields,
    // The SDK logs errors under `error`, our code and pino-http under `err`.
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
  });
}
