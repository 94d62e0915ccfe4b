import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { runStack } from './run-stack.ts';
import { noUrls, type StackInfo } from './stack-file.ts';
import type { StackOptions } from './stack.ts';
import type { ProcessSpec } from './supervised-process.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const info: StackInfo = {
  pid: process.pid,
  startedAt: '',
  urls: noUrls,
  ownUrls: {},
  apiKey: '',
  fromEnvFile: [],
  processes: {},
};

const spec = (name: string): ProcessSpec => ({
  name,
  command: '',
  args: [],
  env: {},
  logFile: '/log',
  isReady: () => true,
  readyTimeoutMs: 1,
  stopSignal: 'SIGTERM',
  stopGraceMs: 1,
});

/** Runs a stack whose processes `down` do not run, and has `act` end it. Returns what was printed. */
async function print(
  down: string[],
  act: (context: Pick<StackOptions, 'events'>) => void,
  stop: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const stateDir = mkdtempSync(join(tmpdir(), 'run-stack-'));
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  let context: Pick<StackOptions, 'events'> | undefined;
  await runStack({
    title: 'Starting',
    stateDir,
    createStack: (given) => {
      context = given;
      return {
        start: () => Promise.resolve(),
        stop,
        prepare: () => Promise.resolve(),
        reload: () => Promise.resolve(),
        outage: () => Promise.resolve(),
        info: () => info,
        down: () => down,
      };
    },
    welcome: () => {
      queueMicrotask(() => {
        if (context) act(context);
      });
      return '  console  http://127.0.0.1:3000/';
    },
  });
  rmSync(stateDir, { recursive: true });
  return stripVTControlCharacters(printed);
}

it('says that it is not ready while a process does not run, and when it runs again', async () => {
  const api = { spec: spec('API'), problem: 'API exited with code 1 before it was ready', tail: '' };
  const running = (name: string) => ({
    spec: spec(name),
    pid: 7,
    exited: Promise.resolve({ code: 0, signal: null }),
    tail: () => '',
    stop: () => Promise.resolve({ code: 0, signal: null }),
  });
  const printed = await print(['API'], ({ events }) => {
    events.waits?.(api);
    events.restarted(running('worker'), 2_000);
    events.restarted(running('API'), 1_250);
    events.gaveUp(api);
  });
  expect(printed).not.toContain('Ready in');
  expect(printed).toContain('Not ready: API does not run, see above. Save a file to start it again');
  expect(printed).toContain(
    '! API exited with code 1 before it was ready\n  Not ready. Save a file to start it again.',
  );
  expect(printed).toContain('worker is running again after 2.0 s (process 7); API does not run, see above\n');
  expect(printed).toContain('API is running again after 1.3 s (process 7)\n');
});

it('says that it is ready, and names the console first', async () => {
  const printed = await print([], ({ events }) =>
    events.gaveUp({ spec: spec('API'), problem: '', tail: '' }),
  );
  expect(printed).toMatch(/Ready in [\d.]+ s\. Ctrl-C stops it\.\n\n {2}console {2}http/);
});

it('says what could not be stopped, and releases the stack', async () => {
  const printed = await print(
    [],
    ({ events }) => events.gaveUp({ spec: spec('worker'), problem: 'worker exited', tail: '' }),
    () => Promise.reject(new Error('the inbox does not end')),
  );
  expect(printed).toContain('Not everything could be stopped: the inbox does not end');
  expect(printed).toContain('Stopped because of the failure above.');
});
