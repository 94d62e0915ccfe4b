import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compiled } from './compiled.ts';
import type { Service } from './service.ts';

/** The output of a command, and its exit code. */
export interface CommandResult {
  code: number;
  out: string;
  err: string;
}

/** Runs a command with a service's database and engine, as a person does. */
export async function runCommand(
  service: Pick<Service, 'databaseUrl' | 'temporalAddress' | 'namespace'>,
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...compiled(script), ...args], {
      env: {
        ...process.env,
        DATABASE_URL: service.databaseUrl,
        TEMPORAL_ADDRESS: service.temporalAddress,
        TEMPORAL_NAMESPACE: service.namespace,
        ...env,
      },
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}
