import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessFailedError, startProcess, type ProcessSpec } from './supervised-process.ts';
import { restartWaitMs, supervise, type Supervisor, type SupervisorEvents } from './supervisor.ts';
import { waitUntil } from './wait.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervised-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const quickly = { firstWaitMs: 10, longestWaitMs: 40, healthyAfterMs: 60_000, maxFailures: 3 };

/** A Node process that runs `code`, and is ready when that has created the file `ready`. */
function spec(code: string, change: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    name: 'part',
    command: process.execPath,
    args: ['-e', `const ready = () => require('fs').writeFileSync('ready', ''); ${code}`],
    env: process.env,
    cwd: folder,
    logFile: join(folder, 'logs', 'part.log'),
    isReady: () => existsSync(join(folder, 'ready')),
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 60_000,
    ...change,
  };
}

const forEver = 'setInterval(() => {}, 1000);';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process of a supervisor. Throws if there is none, because signals to process 0 reach the test runner. */
function pidOf(supervisor: Supervisor): number {
  const pid = supervisor.current()?.pid;
  if (pid === undefined) throw new Error('the process is down');
  return pid;
}

/** Records the events of a supervisor. */
function recorder(): { events: SupervisorEvents; told: string[]; afterRestart: number[] } {
  const told: string[] = [];
  const afterRestart: number[] = [];
  return {
    told,
    afterRestart,
    events: {
      died: ({ problem, restartInMs }) =>
        told.push(`${problem.split('\n')[0] ?? ''}, again in ${restartInMs}`),
      restarted: (_, afterMs) => {
        afterRestart.push(afterMs);
        told.push('restarted');
      },
      gaveUp: ({ problem }) => told.push(`gave up: ${problem.split('\n')[0] ?? ''}`),
      waits: ({ problem }) => told.push(`waits: ${problem.split('\n')[0] ?? ''}`),
    },
  };
}

describe('a process', () => {
  it('is waited for until it is ready, and stops when it is asked to', async () => {
    const running = await startProcess(
      spec(`process.on('SIGTERM', () => process.exit(7)); console.log('hello'); ready(); ${forEver}`),
    );
    expect(isAlive(running.pid)).toBe(true);
    expect(running.tail()).toBe('hello');
    expect(await running.stop()).toEqual({ code: 7, signal: null });
    expect(isAlive(running.pid)).toBe(false);
    expect(readFileSync(running.spec.logFile, 'utf8')).toBe('hello\n');
  });

  it('that ends before it is ready fails at once, with its last output', async () => {
    const start = performance.now();
    const failing = startProcess(spec(`console.error('no such port'); process.exit(3)`));
    await expect(failing).rejects.toThrow(ProcessFailedError);
    await expect(failing).rejects.toThrow(/part exited with code 3 before it was ready\n {2}\| no such port/);
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  it('that does not become ready in time is not left running', async () => {
    // A busy machine starts a shell in this time, even if not Node.js.
    const shell = { command: 'sh', args: ['-c', 'echo $$; exec sleep 600'], readyTimeoutMs: 3_000 };
    const failing = startProcess(spec('', shell));
    await expect(failing).rejects.toThrow(/part is not ready: not within 3 s/);
    const pid = Number(readFileSync(join(folder, 'logs', 'part.log'), 'utf8'));
    expect(pid).toBeGreaterThan(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('that cannot be started is named', async () => {
    await expect(startProcess(spec('', { command: join(folder, 'missing') }))).rejects.toThrow(
      /part cannot be started: .*ENOENT/,
    );
  });

  it('that does not stop in time is killed, with the processes that it has started', async () => {
    const running = await startProcess(
      spec(
        `process.on('SIGTERM', () => {});
         const child = require('child_process').spawn(process.execPath, ['-e', '${forEver}']);
         console.log(child.pid); ready(); ${forEver}`,
        { stopGraceMs: 200 },
      ),
    );
    const child = Number(running.tail());
    expect(isAlive(child)).toBe(true);
    expect(await running.stop()).toEqual({ code: null, signal: 'SIGKILL' });
    await waitUntil(() => !isAlive(child), { what: 'its child lives', timeoutMs: 60_000 });
  });
});

describe('a supervisor', () => {
  it('starts a process that died again', async () => {
    const { events, told } = recorder();
    const supervisor = await supervise(spec(`ready(); ${forEver}`), events, { policy: quickly });
    const first = pidOf(supervisor);
    process.kill(first, 'SIGKILL');
    await waitUntil(() => told.length === 2, { what: 'it was not restarted', timeoutMs: 60_000 });
    expect(told).toEqual(['part was killed by SIGKILL, again in 10', 'restarted']);
    expect(supervisor.current()?.pid).not.toBe(first);
    await supervisor.stop();
    expect(await supervisor.current()?.exited).toBeDefined();
  });

  it('gives up a process that dies repeatedly without becoming ready', async () => {
    const { events, told } = recorder();
    let mayBeReady = true;
    // Fails from its second start on.
    const code = `if (require('fs').existsSync('ready')) process.exit(1); ready(); ${forEver}`;
    const supervisor = await supervise(
      spec(code, { isReady: () => mayBeReady && existsSync(join(folder, 'ready')) }),
      events,
      { policy: quickly },
    );
    mayBeReady = false;
    process.kill(pidOf(supervisor), 'SIGKILL');
    await waitUntil(() => told.some((line) => line.startsWith('gave up')), {
      what: 'it was not given up',
      timeoutMs: 60_000,
    });
    expect(told).toEqual([
      'part was killed by SIGKILL, again in 10',
      'part exited with code 1 before it was ready, again in 20',
      'part exited with code 1 before it was ready, again in 40',
      'gave up: part exited with code 1 before it was ready',
    ]);
    expect(await supervisor.stop()).toBeUndefined();
  });

  it('waits longer each time, up to a limit', () => {
    const policy = { ...quickly, firstWaitMs: 500, longestWaitMs: 15_000 };
    expect([1, 2, 3, 4, 5, 6, 7].map((attempt) => restartWaitMs(policy, attempt))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
    ]);
  });

  it('stops while it waits to start again', async () => {
    const { events, told } = recorder();
    const supervisor = await supervise(spec(`ready(); ${forEver}`), events, {
      policy: { ...quickly, firstWaitMs: 60_000, longestWaitMs: 60_000 },
    });
    process.kill(pidOf(supervisor), 'SIGKILL');
    await waitUntil(() => told.length === 1, { what: 'its death was not told', timeoutMs: 60_000 });
    expect(await supervisor.stop()).toBeUndefined();
  });

  it('starts a process again if a reload is requested, at once', async () => {
    const { events, told, afterRestart } = recorder();
    const supervisor = await supervise(spec(`ready(); ${forEver}`), events, {
      policy: { ...quickly, firstWaitMs: 60_000, longestWaitMs: 60_000 },
    });
    const first = pidOf(supervisor);
    const begin = performance.now();
    await supervisor.reload();
    await waitUntil(() => told.length === 1, { what: 'it was not restarted', timeoutMs: 60_000 });
    expect(told).toEqual(['restarted']);
    expect(afterRestart[0]).toBeGreaterThan(0);
    expect(afterRestart[0]).toBeLessThanOrEqual(performance.now() - begin);
    expect(pidOf(supervisor)).not.toBe(first);
    expect(isAlive(first)).toBe(false);
    await supervisor.stop();
  });

  it('waits for a reload if a start fails, the first one too', async () => {
    const { events, told } = recorder();
    const code = join(folder, 'code.cjs');
    const save = (text: string): void => writeFileSync(code, text);
    save('process.exit(1)');
    const supervisor = await supervise(spec('', { args: [code] }), events, {
      policy: quickly,
      waitsForReload: true,
    });
    expect(supervisor.current()).toBeUndefined();
    save('process.exit(2)');
    await supervisor.reload();
    await waitUntil(() => told.length === 2, { what: 'it did not fail again', timeoutMs: 60_000 });
    save(`require('fs').writeFileSync('ready', ''); ${forEver}`);
    await supervisor.reload();
    await waitUntil(() => told.length === 3, { what: 'it was not restarted', timeoutMs: 60_000 });
    expect(told).toEqual([
      'waits: part exited with code 1 before it was ready',
      'waits: part exited with code 2 before it was ready',
      'restarted',
    ]);
    await supervisor.stop();
  });
});
