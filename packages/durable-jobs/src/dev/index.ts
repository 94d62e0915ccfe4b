/** The development stack: PostgreSQL, Temporal with its Web UI, an inbox, and an application, each in a separate process. */
export { readEnvFile, withEnvFile } from './env-file.ts';
export { findOnPath, runTask, type TaskOptions } from './executables.ts';
export { type Ending, guardProcess, releaseProcess } from './guard.ts';
export { startInbox, type InboxOptions } from './inbox.ts';
export { defaultPorts, reservePort, type ReservedPort } from './ports.ts';
export { startPostgres, type PostgresOptions } from './postgres.ts';
export { runStack, type RunStackOptions } from './run-stack.ts';
export * from './running.ts';
export { answers, answersOk, givenBy } from './stack-environment.ts';
export {
  type AppProcess,
  createStack,
  type OwnPart,
  type PartSpec,
  type PrepareStep,
  type Stack,
  type StackOptions,
} from './stack.ts';
export { createSteps, type Steps } from './steps.ts';
export {
  resolveTemporalCli,
  type ResolveCliOptions,
  TEMPORAL_CLI_VERSION,
  type TemporalCli,
} from './temporal-cli.ts';
export { startTemporal, type TemporalServerOptions } from './temporal-server.ts';
