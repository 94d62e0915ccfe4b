import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultPorts, reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { readStack, stateFolderOf } from '../../packages/durable-jobs/src/dev/stack-file.ts';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { applicationPages, reasonNotToPaste } from '../support/docs/not-pasted.ts';
import { isForShell, readBlocks } from '../support/docs/pages.ts';
import { pasteBlock } from '../support/docs/paste.ts';
import { openShell } from '../support/docs/shell.ts';
import { packLibrary } from '../support/packed-library.ts';

/** Installing, and the first start of everything, on a busy machine. */
const LONG_MS = 600_000;
const RELOAD_MS = 240_000;

const folder = mkdtempSync(join(tmpdir(), 'durable-jobs-init-'));
const application = join(folder, 'my-application');
const bin = join(application, 'node_modules', 'durable-jobs', 'dist', 'cli', 'main.js');
let tarball = '';
let dev: ReturnType<typeof startDev> | undefined;
let output = '';

beforeAll(async () => {
  tarball = await packLibrary();
}, LONG_MS);

afterAll(async () => {
  dev?.kill('SIGINT');
  await dev;
  // Tens of thousands of files: without blocking the messages to the runner.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}, LONG_MS);

/** Runs `dev` in the application, like npm's script. */
function startDev(env: NodeJS.ProcessEnv) {
  return execa(process.execPath, [bin, 'dev'], {
    cwd: application,
    env,
    extendEnv: false,
    all: true,
    reject: false,
  });
}

/** Waits for text in what `dev` prints from now on. */
function printed(from: number, text: string): Promise<void> {
  return waitUntil(() => output.includes(text, from), {
    what: `dev did not print "${text}" but: ${output.slice(from).slice(-2_000)}`,
    timeoutMs: RELOAD_MS,
  });
}

/** Replaces text in a file of the application. */
function replaceIn(name: string, text: string, by: string): void {
  const file = join(application, name);
  const code = readFileSync(file, 'utf8');
  expect(code).toContain(text);
  writeFileSync(file, code.replace(text, by));
}

/** Creates an invoice, and returns its job when the job has ended. */
async function runJob(url: string): Promise<unknown> {
  const created = await fetch(`${url}/invoices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customer: 'Ada', amountMinor: 4200 }),
  });
  expect(created.status).toBe(201);
  const { job } = (await created.json()) as { job: string };
  let last: { status?: string } = {};
  await waitUntil(
    async () => {
      const response = await fetch(url + job, { headers: { authorization: 'Bearer local-dev-key' } });
      last = (await response.json()) as { status?: string };
      return last.status === 'completed';
    },
    { what: `the job did not complete: ${JSON.stringify(last)}`, timeoutMs: RELOAD_MS },
  );
  return last;
}

/** Pastes what a page has for the shell, in the application's folder. */
async function pastePage(page: string, round: number): Promise<void> {
  const api = new URL(readStack(stateFolderOf(application, {}))?.urls.api ?? '');
  const shell = openShell({
    cwd: application,
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    ports: new Map([[3000, Number(api.port)]]),
  });
  try {
    for (const block of readBlocks(page).filter(isForShell))
      if (reasonNotToPaste(block) === undefined)
        expect(await pasteBlock(shell, block), `paste ${round}`).toEqual([]);
  } finally {
    await shell.close();
  }
}

describe('a packed library', () => {
  it('has its license and its template, and no tests of its own', async () => {
    const { stdout } = await execa('tar', ['-tzf', tarball]);
    const files = stdout.split('\n');
    expect(files).toEqual(
      expect.arrayContaining(['package/LICENSE', 'package/dist/cli/main.js', 'package/template/gitignore']),
    );
    expect(files.filter((file) => /dist\/.*\.test\.|package\/src\//.test(file))).toEqual([]);
  });

  it('writes an application that installs and has correct types', { timeout: LONG_MS }, async () => {
    // The tarball is what is installed, so the command is run from a separate folder.
    const runner = mkdtempSync(join(folder, 'runner-'));
    writeFileSync(join(runner, 'package.json'), '{"private":true}');
    const init = ['exec', '--yes', '--package', tarball, '--', 'durable-jobs', 'init', application];
    await execa('npm', [...init, '--durable-jobs', tarball], { cwd: runner });
    expect(existsSync(join(application, '.gitignore'))).toBe(true);
    const again = await execa('npm', init, { cwd: runner, reject: false });
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain(`The folder ${application} is not empty`);
    const { stderr } = await execa('npm', ['install', '--no-audit', '--no-fund'], { cwd: application });
    // Each package runs on the oldest version of Node.js that the library supports.
    expect(stderr).not.toContain('EBADENGINE');
    await execa('npm', ['run', 'typecheck'], { cwd: application });
    await execa('npm', ['test'], { cwd: application });
  });

  it('runs it with reload, and stops all of it', { timeout: LONG_MS }, async () => {
    const ports: Record<string, string> = {};
    for (const variable of Object.keys(defaultPorts)) {
      const { port, release } = await reservePort();
      ports[variable] = String(port);
      release();
    }
    writeFileSync(join(application, '.env'), 'SMTP_URL=smtp://127.0.0.1:1\n');
    // `dev` migrates and applies schedules for an application that leaves both to a deployment.
    replaceIn('worker.ts', '{ applySchedules: true }', '');
    replaceIn('migrate.ts', 'await durableJobs.migrate()', '[]');
    const running = startDev({ PATH: process.env.PATH, HOME: process.env.HOME, ...ports });
    dev = running;
    running.all.on('data', (chunk: Buffer) => (output += stripVTControlCharacters(chunk.toString())));
    await waitUntil(() => output.includes('Ready in'), {
      what: 'dev is not ready',
      timeoutMs: 300_000,
    }).catch((error: unknown) => {
      throw new Error(output, { cause: error });
    });
    expect(output).toContain('from .env: SMTP_URL');
    expect(output).toContain('durable_jobs.0001-own-schema');
    expect(output).toMatch(/console +http:\/\/127\.0\.0\.1:\d+\/ops\//);
    const stack = readStack(stateFolderOf(application, {}));
    const url = `http://127.0.0.1:${ports.API_PORT ?? ''}`;
    expect(stack?.urls.api).toBe(url);
    await runJob(url);

    await printed(0, 'the declared schedules were applied');
    const { stdout } = await execa(process.execPath, [bin, 'schedules', 'check'], { cwd: application });
    expect(stdout).toContain('count-unpaid-invoices');

    for (const page of applicationPages) for (const round of [1, 2]) await pastePage(page, round);

    const file = join(application, 'jobs', 'send-invoice-reminder.ts');
    const code = readFileSync(file, 'utf8');
    let from = output.length;
    appendFileSync(file, 'const broken = ;\n');
    await printed(from, 'send-invoice-reminder.ts:');
    await printed(from, 'Unexpected ";"');
    await printed(from, 'Save a file to start it again.');
    from = output.length;
    writeFileSync(file, code.replace('reminding ', 'gently reminding '));
    await printed(from, 'API is running again');
    await printed(from, 'worker is running again');
    await runJob(url);
    // It may be printed after the job's end is known.
    await printed(from, 'gently reminding Ada');

    const pids = Object.values(readStack(stateFolderOf(application, {}))?.processes ?? {});
    expect(pids).toHaveLength(4);
    running.kill('SIGINT');
    expect((await running).exitCode).toBe(0);
    expect(output).toContain('Everything has stopped.');
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
