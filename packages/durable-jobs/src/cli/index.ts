/** Commands that an application runs as separate processes. Each is loaded when it runs. */
export { runKeysCommand, runPayloadKeysCommand, runSchedulesCommand } from './run-commands.ts';
