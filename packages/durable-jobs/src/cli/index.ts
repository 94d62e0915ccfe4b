/** Commands that an application runs as separate processes. Each is loaded when it runs. */
export {
  runDeploymentCommand,
  runKeysCommand,
  runPayloadKeysCommand,
  runReplayCommand,
  runSchedulesCommand,
} from './run-commands.ts';
export type { ReplayedApplication } from './replay.ts';
