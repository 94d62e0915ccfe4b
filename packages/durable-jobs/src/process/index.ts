/** What every process has: signals, secrets, command lines. */
export { oneOf, readCommandLine, requireNone, UsageError, usageText } from './command-line.ts';
export { errorMessage, required } from './errors.ts';
export { inParallel } from './in-parallel.ts';
export { createPace } from './pace.ts';
export { runProcess } from './process.ts';
export { hashToken, type Secrets } from './secrets.ts';
