/** Logs, metrics, traces and readiness. */
export { createLogger, type Logger } from './logger.ts';
export { inSpan, isTracing } from './tracing.ts';
