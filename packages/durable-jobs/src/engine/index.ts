/** The connection to Temporal. */
export { createTemporalClient, isEngineUnavailable } from './client.ts';
export type { TaskQueues } from './declared-queues.ts';
export { callEngine } from './engine-call.ts';
export { isOpen } from './run-status.ts';
export { withHeartbeat } from './heartbeat.ts';
export { scheduleUrl, workflowListUrl, workflowUrl, type WebUi } from './web-ui.ts';
export { HEARTBEAT_MS, type Step, walk } from './walk.ts';
