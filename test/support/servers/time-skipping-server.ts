import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import {
  downloadWithSdk,
  findOnPath,
  firstLine,
  isExecutable,
  runTask,
} from '../../../packages/durable-jobs/src/dev/executables.ts';
import { withLock } from '../../../packages/durable-jobs/src/dev/lock.mjs';
import { cacheFolder, ensureDir } from '../../../packages/durable-jobs/src/dev/paths.ts';
import { reservePort } from '../../../packages/durable-jobs/src/dev/ports.ts';
import { startProcess } from '../../../packages/durable-jobs/src/dev/supervised-process.ts';
import type { Report } from '../../../packages/durable-jobs/src/dev/wait.ts';

/** A part that tests need, or how to get it. */
export type Part = { path: string; howToGet?: undefined } | { path?: undefined; howToGet: string };

/** The archive of classes, next to the server's libraries. */
const CLASSES = 'classes.jsa';

const pomFile = fileURLToPath(new URL('pom.xml', import.meta.url));
const version = /temporal-test-server<\/artifactId>\s*<version>(.*)<\/version>/.exec(
  readFileSync(pomFile, 'utf8'),
)?.[1];

/**
 * Finds Temporal's time-skipping test server, or gets it: in the project's cache, by the SDK's download, or as Java libraries from Maven
 * Central. If none is possible, the result says how to get it.
 */
export async function resolveTimeSkippingServer(
  report: Report,
  options: { signal?: AbortSignal } = {},
): Promise<Part> {
  const folder = join(cacheFolder(), `temporal-test-server-${version ?? 'unknown'}-2`);
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
      if (way === resolveWithMaven) await archiveClasses(folder, executable, options);
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

/**
 * Stores the classes that the server loads at its start, verified and linked, next to its libraries: each later start then takes a third of
 * the processor time. Another version of Java ignores the archive. It contains the paths of the libraries, so it is created where they
 * stay. A Java that cannot create one works as well, only more slowly.
 */
async function archiveClasses(
  folder: string,
  executable: string,
  options: { report: Report; signal?: AbortSignal },
): Promise<void> {
  options.report('archiving the Java classes');
  const part = join(folder, `${CLASSES}.part`);
  const { port, release } = await reservePort();
  try {
    const server = await startProcess(
      {
        name: 'time-skipping server',
        command: executable,
        args: [String(port)],
        env: { ...process.env, JDK_JAVA_OPTIONS: `-XX:ArchiveClassesAtExit=${part}` },
        logFile: join(folder, 'archive.log'),
        isReady: () => useServer(`127.0.0.1:${port}`),
        readyTimeoutMs: 60_000,
        stopSignal: 'SIGTERM',
        stopGraceMs: 60_000,
      },
      options.signal,
    );
    await server.stop();
    renameSync(part, join(folder, CLASSES));
  } catch (error) {
    options.signal?.throwIfAborted();
    options.report(`the Java classes are not archived: ${firstLine(error)}`);
  } finally {
    release();
  }
}

/** Makes the server load what it needs to handle a request and to register search attributes, as each test does. */
async function useServer(address: string): Promise<true> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: { Archived: proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD },
    });
  } finally {
    await connection.close();
  }
  return true;
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
      // Nothing must be written next to the pom: Maven's target folder is where the libraries are.
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
      'classes=',
      `if [ -e "$here/${CLASSES}" ]; then classes="-XX:SharedArchiveFile=$here/${CLASSES}"; fi`,
      'exec java ${classes:+"$classes"} -Xlog:disable -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\',
      `  -cp "${classpath.join(':')}" io.temporal.testserver.TestServer "$@"`,
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
}
