import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a block did when it was pasted. */
export interface Pasted {
  stdout: string;
  stderr: string;
  /** The commands that failed, each with its exit code. */
  failures: string[];
  /** The responses that curl received. */
  responses: { status: number; url: string }[];
}

/** A shell into which the blocks of one page are pasted, one after the other. */
export interface Shell {
  /** Pastes a block. @throws if it does not end in time. */
  paste: (code: string) => Promise<Pasted>;
  close: () => Promise<void>;
}

const BLOCK_MS = 180_000;

/**
 * Opens bash in a folder. `ports` maps the ports that the pages name to those where the parts listen. Each failed command and each response of
 * curl is reported on standard error, in a line that starts with `@@`.
 */
export function openShell(options: {
  cwd: string;
  env: NodeJS.ProcessEnv;
  ports: ReadonlyMap<number, number>;
}): Shell {
  const shell = spawn('bash', ['--noprofile', '--norc'], {
    cwd: options.cwd,
    env: options.env,
    // A command that reads the terminal would read what was pasted after it; here it reads the end of the block and hangs.
    stdio: 'pipe',
    // What it started can be ended with it.
    detached: true,
  });
  const ended = once(shell, 'close');
  let stdout = '';
  let stderr = '';
  let changed = (): void => undefined;
  shell.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    changed();
  });
  shell.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    changed();
  });
  // A shell that has ended takes no more input: what it printed says why.
  shell.stdin.on('error', () => undefined);
  const connections = [...options.ports]
    .map(([named, actual]) => `--connect-to 127.0.0.1:${named}:127.0.0.1:${actual}`)
    .join(' ');
  shell.stdin.write(`set -E
trap 'printf "@@failed %s %s\\n" "$?" "\${BASH_COMMAND%%$'"'\\n'"'*}" >&2' ERR
curl() {
  command curl ${connections} -w '%{stderr}@@response %{http_code} %{url_effective}\\n' "$@"
}
`);
  let count = 0;

  return {
    async paste(code) {
      const end = `@@end ${++count}\n`;
      stdout = '';
      stderr = '';
      const isOver = (): boolean => stdout.endsWith(end) && stderr.endsWith(end);
      await new Promise<void>((resolve, reject) => {
        const fail = (what: string) => () => reject(new Error(`${what}:\n${code}\n${stdout}${stderr}`));
        const timer = setTimeout(fail('the block did not end'), BLOCK_MS);
        void ended.then(fail('the shell has ended'));
        changed = () => {
          if (!isOver()) return;
          clearTimeout(timer);
          resolve();
        };
        shell.stdin.write(`${code}printf '@@end ${count}\\n'; printf '@@end ${count}\\n' >&2\n`);
      });
      return {
        stdout: stdout.slice(0, -end.length),
        stderr: stderr.replace(/^@@.*\n/gm, ''),
        failures: [...stderr.matchAll(/^@@failed (.*)$/gm)].map(([, failure = '']) => failure),
        responses: [...stderr.matchAll(/^@@response (\d+) (.*)$/gm)].map(([, status, url = '']) => ({
          status: Number(status),
          url,
        })),
      };
    },
    async close() {
      try {
        process.kill(-(shell.pid ?? 0), 'SIGKILL');
      } catch {
        // It has ended.
      }
      await ended;
    },
  };
}
