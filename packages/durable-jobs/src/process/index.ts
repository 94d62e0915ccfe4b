/** The parts of every process: signals, secrets, command lines. */
export { createCommand, oneLine, parseArguments, runCommand } from './command.ts';
export { errorMessage, required } from './errors.ts';
export { inParallel } from './in-parallel.ts';
export { createPace } from './pace.ts';
export { runProcess } from './process.ts';
export { UsageError, usageText } from './usage-error.ts';
export { createSecrets, hashToken, type Secrets } from './secrets.ts';
