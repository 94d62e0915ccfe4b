import { rmSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { copyProjectWithCode } from '../support/docs/project-copy.ts';

describe('the code of docs/adding-a-job.md and of the pages on work items, bulk tasks, tests and the client', () => {
  const copy = copyProjectWithCode();
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('leads to a job that compiles and passes its test', { timeout: 600_000 }, async () => {
    const run = (command: string, ...args: string[]) =>
      execa(command, args, {
        cwd: copy,
        preferLocal: true,
        localDir: copy,
        all: true,
        reject: false,
        env: { REQUIRE_ALL_PARTS: '' },
      });
    const compiled = await run('tsc', '--noEmit');
    expect(compiled.all).toBe('');
    const units = await run('vitest', 'run', '--project', 'unit', 'contracts');
    expect(units.exitCode, units.all).toBe(0);
    // If the time-skipping server is missing, the new job's own test is skipped in the copy, too.
    if (inject('timeSkippingServer').path === undefined) return;
    const workflow = await run('vitest', 'run', '--project', 'workflows', 'send-anniversary-email');
    expect(workflow.exitCode, workflow.all).toBe(0);
    expect(workflow.all).toContain('2 passed');
  });
});
