import { runCommand } from '../process/command.ts';
import type { DeclaredSchedules } from './schedules.ts';

/** Runs the command `schedules` as a separate process, for an application that declares its schedules with a function. */
export async function runSchedulesCommand(definitions: DeclaredSchedules['definitions']): Promise<void> {
  const { schedulesCommand } = await import('./schedules.ts');
  await runCommand(schedulesCommand(() => ({ env: process.env, definitions })));
}

/** Runs the command `keys` as a separate process, with the database of its environment. */
export async function runKeysCommand(): Promise<void> {
  const { keysCommand } = await import('./keys.ts');
  await runCommand(keysCommand());
}

/** Runs the command `payload-keys` as a separate process, with the database and the engine of its environment. */
export async function runPayloadKeysCommand(): Promise<void> {
  const { payloadKeysCommand } = await import('./payload-keys.ts');
  await runCommand(payloadKeysCommand());
}
