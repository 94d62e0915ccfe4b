import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { typescriptFlags } from '../../local/node-flags.mjs';
import type { Service } from './service.ts';

/** What a command printed, and its exit code. */
export interface CommandResult {
  code: number;
  out: string;
  err: string;
}

/** Runs a command on a service's database and engine, as a person does. */
export async function runCommand(
  service: Service,
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...typescriptFlags, path, ...args],
      {
        env: {
          ...process.env,
          DATABASE_URL: service.databaseUrl,
          TEMPORAL_ADDRESS: service.temporalAddress,
          TEMPORAL_NAMESPACE: service.namespace,
          ...env,
        },
      },
    );
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}
