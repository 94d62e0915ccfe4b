/** For the tests of applications, with any test runner. */
export type { JobAttempt } from './attempts.ts';
export { createTestClock, type TestClock } from './clock.ts';
export { enqueuedIn, type EnqueuedStart } from './enqueued-in.ts';
export type { JobFailure } from './failure.ts';
export type { LogLine } from './log-lines.ts';
export {
  createMemoryMailer,
  type CollectedEmail,
  type MailFailure,
  type MemoryMailer,
} from './memory-mailer.ts';
export { downloadHistories, type DownloadOptions } from './replay/download-histories.ts';
export type { NamedHistory } from '../worker/replay/named-history.ts';
export { recordHistory, type RecordOptions } from './replay/record-history.ts';
export { replayHistories, type ReplayOptions } from './replay/replay-histories.ts';
export type { ReplayedHistory } from '../worker/replay/replay-each.ts';
export { runOnce, type OnceOptions, type OnceOutcome } from './run-once.ts';
export {
  startTestEngine,
  type JobOutcome,
  type StartedJob,
  type TestEngine,
  type TestEngineOptions,
  type TestStartOptions,
} from './test-engine.ts';
export type { WorkflowSource } from './workflow-source.ts';
