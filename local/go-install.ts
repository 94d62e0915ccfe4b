import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath, type Report, runTask } from 'durable-jobs/dev';

/** Shows that a build which prints little is alive. */
const LIVENESS_MS = 1_000;

/** Whether there is a Go toolchain to build with. */
export const hasGo = (): boolean => findOnPath('go') !== undefined;

/**
 * Builds a Go program with `go install` and puts it at `target`, whole or not at all.
 * @throws if there is no Go or the build fails.
 */
export async function goInstall(
  packageAndVersion: string,
  target: string,
  options: { ldflags?: string; report: Report; signal?: AbortSignal },
): Promise<void> {
  const go = findOnPath('go');
  if (go === undefined) throw new Error('Go is not installed: install Go 1.25 or newer, and try again');
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true });
  const bin = mkdtempSync(join(folder, '.go-install-'));
  const start = performance.now();
  let downloaded = 0;
  let compiled = 0;
  const tell = (): void => {
    const doing =
      compiled > 0
        ? `${compiled} packages compiled`
        : downloaded > 0
          ? `${downloaded} modules fetched`
          : 'starting';
    const seconds = Math.round((performance.now() - start) / 1000);
    options.report(`building with go install, which can take minutes: ${doing}, ${seconds} s`);
  };
  const ticking = setInterval(tell, LIVENESS_MS);
  tell();
  try {
    await runTask(
      go,
      [
        'install',
        // Names each package as it is compiled.
        '-v',
        '-trimpath',
        ...(options.ldflags === undefined ? [] : ['-ldflags', options.ldflags]),
        packageAndVersion,
      ],
      {
        // Settings for the user's own Go work must not get into this build.
        env: { ...process.env, GOBIN: bin, GOFLAGS: '', GOWORK: 'off', GO111MODULE: 'on' },
        cwd: bin,
        timeoutMs: 45 * 60_000,
        onLine: (line) => {
          if (line.startsWith('go: downloading')) downloaded++;
          else if (!line.startsWith('go: ')) compiled++;
        },
        ...(options.signal && { signal: options.signal }),
      },
    );
    const [built] = readdirSync(bin);
    if (built === undefined) throw new Error(`go install ${packageAndVersion} produced no executable`);
    renameSync(join(bin, built), target);
  } finally {
    clearInterval(ticking);
    rmSync(bin, { recursive: true, force: true });
  }
}
