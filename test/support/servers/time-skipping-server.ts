import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  downloadWithSdk,
  findOnPath,
  firstLine,
  isExecutable,
  runTask,
} from '../../../packages/durable-jobs/src/dev/executables.ts';
import { withLock } from '../../../packages/durable-jobs/src/dev/lock.mjs';
import { cacheDir, ensureDir } from '../../../packages/durable-jobs/src/dev/paths.ts';
import type { Report } from '../../../packages/durable-jobs/src/dev/wait.ts';

/** A part that tests need: where it is, or how to get it. */
export type Part = { path: string; howToGet?: undefined } | { path?: undefined; howToGet: string };

const pomFile = fileURLToPath(new URL('pom.xml', import.meta.url));
const version = /temporal-test-server<\/artifactId>\s*<version>(.*)<\/version>/.exec(
  readFileSync(pomFile, 'utf8'),
)?.[1];

/**
 * Finds Temporal's time-skipping test server, or gets it: in the project's cache, by the SDK's download, or as Java
 * libraries from Maven Central. Where none works, the answer says what would.
 */
export async function resolveTimeSkippingServer(
  report: Report,
  options: { signal?: AbortSignal } = {},
): Promise<Part> {
  const folder = join(cacheDir, `temporal-test-server-${version ?? 'unknown'}`);
  const executable = join(folder, process.platform === 'win32' ? 'test-server.exe' : 'test-server');
  if (isExecutable(executable)) return { path: executable };
  ensureDir(dirname(folder));
  return withLock(
    `${folder}.lock`,
    async () => {
      if (isExecutable(executable)) return { path: executable };
      return get(folder, executable, { report, ...options });
    },
    (holder) => report(`process ${holder} is getting it; waiting for that`),
  );
}

async function get(
  folder: string,
  executable: string,
  options: { report: Report; signal?: AbortSignal },
): Promise<Part> {
  const failures: string[] = [];
  for (const way of [download, resolveWithMaven]) {
    const part = mkdtempSync(`${folder}.`);
    try {
      await way(part, options);
      rmSync(folder, { recursive: true, force: true });
      renameSync(part, folder);
      return { path: executable };
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(firstLine(error));
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
  }
  return {
    howToGet:
      '[needs the time-skipping test server: give access to temporal.download, ' +
      `or install Java and Maven; ${failures.join('; ')}]`,
  };
}

async function download(part: string, options: { report: Report; signal?: AbortSignal }): Promise<void> {
  await downloadWithSdk('time-skipping', 'default', part, options);
  const [file] = readdirSync(part);
  if (file === undefined) throw new Error('the SDK downloaded nothing');
  renameSync(join(part, file), join(part, process.platform === 'win32' ? 'test-server.exe' : 'test-server'));
}

async function resolveWithMaven(
  part: string,
  options: { report: Report; signal?: AbortSignal },
): Promise<void> {
  const maven = findOnPath('mvn');
  if (maven === undefined || findOnPath('java') === undefined) throw new Error('there is no Java with Maven');
  if (process.platform === 'win32') throw new Error('the Java libraries are started by a shell script');
  let downloaded = 0;
  options.report('fetching the Java libraries with Maven');
  await runTask(
    maven,
    [
      ...['--batch-mode', '--no-transfer-progress', '-f', pomFile],
      'dependency:copy-dependencies',
      ...[`-DoutputDirectory=${join(part, 'lib')}`, '-DincludeScope=runtime'],
    ],
    {
      timeoutMs: 15 * 60_000,
      // Beside the pom nothing is to be written: Maven's target folder goes where the libraries go.
      cwd: part,
      onLine: (line) => {
        if (line.includes('Copying '))
          options.report(`fetching the Java libraries with Maven: ${++downloaded}`);
      },
      ...(options.signal && { signal: options.signal }),
    },
  );
  const jars = readdirSync(join(part, 'lib')).filter((name) => name.endsWith('.jar'));
  const classpath = jars.sort().map((name) => `$here/lib/${name}`);
  writeFileSync(
    join(part, 'test-server'),
    [
      '#!/bin/sh',
      '# Written by test/support/servers/time-skipping-server.ts. A small compiler and collector: tests start many, for seconds each.',
      'here=$(cd "$(dirname "$0")" && pwd)',
      'exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\',
      `  -cp "${classpath.join(':')}" io.temporal.testserver.TestServer "$@"`,
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
}
