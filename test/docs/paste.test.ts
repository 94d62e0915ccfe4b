import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ports as documentedPorts } from '../../local/stack.ts';
import { PAYMENT_SANDBOX } from '../../local/payment-sandbox.ts';
import { findOnPath } from '../../packages/durable-jobs/src/dev/executables.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { readStack, type StackInfo } from '../../packages/durable-jobs/src/dev/stack-file.ts';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { firstLine, isForShell, pages, readBlocks } from '../support/docs/pages.ts';
import { pasteBlock } from '../support/docs/paste.ts';
import { copyProjectWithCode } from '../support/docs/project-copy.ts';
import { applicationPages, notCompared, notPasted, reasonNotToPaste } from '../support/docs/not-pasted.ts';
import { openShell } from '../support/docs/shell.ts';

const START_MS = 400_000;
const ALL_MS = 600_000;
const ROUNDS = [1, 2];

/** What the blocks call. */
const missing = ['bash', 'curl', 'openssl'].filter((name) => findOnPath(name) === undefined);
const howToGet = missing.length > 0 ? `[needs ${missing.join(', ')}: install it]` : '';

const shellBlocks = pages.flatMap(readBlocks).filter(isForShell);
const pasted = shellBlocks.filter((block) => reasonNotToPaste(block) === undefined);
const pastedPages = [...new Set(pasted.map(({ page }) => page))].filter(
  (page) => !applicationPages.includes(page),
);

/** What a page takes for granted: rows that are inserted before it is pasted, and the addresses whose lists then have two of them. */
const given: Readonly<Record<string, { sql: string; list: string }>> = {
  'docs/enqueue-from-sql.md': {
    sql: `SELECT durable_jobs.enqueue('runDailyReport', '{"day": "someday"}') FROM generate_series(1, 2)`,
    list: '/api/dead-starts',
  },
  'docs/message-queue.md': {
    sql: `INSERT INTO durable_jobs.queued_messages (queue, message_id, content_type, body)
      SELECT 'orders-queue', gen_random_uuid(), 'application/json', '{}' FROM generate_series(1, 2)`,
    list: '/api/dead-letters?status=open',
  },
  'docs/services.md': {
    sql: `INSERT INTO durable_jobs.emails (recipient, subject, body_text)
      SELECT 'no address', 'Your invoice', 'It is attached.' FROM generate_series(1, 2)`,
    list: '/api/emails?status=dead&sender=service',
  },
};

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } };

describe('the list of blocks that are not pasted', () => {
  it('names blocks that exist', () => {
    for (const [page, reasons] of [...Object.entries(notPasted), ...Object.entries(notCompared)]) {
      const lines = shellBlocks.filter((block) => block.page === page).map(firstLine);
      for (const line of Object.keys(reasons)) {
        if (line === 'all') expect(lines, page).not.toEqual([]);
        else expect(lines, page).toContain(line);
      }
    }
  });

  it('names scripts of npm that exist', () => {
    for (const { page, code } of shellBlocks) {
      if (applicationPages.includes(page)) continue;
      for (const [, script = ''] of code.matchAll(/^npm run ([\w:-]+)/gm))
        expect(scripts, page).toHaveProperty([script]);
    }
  });
});

describe.skipIf(missing.length > 0)(`a page that is pasted into a shell ${howToGet}`, () => {
  const copy = copyProjectWithCode();
  const results = new Map<string, Promise<string[]>>();
  let npmStart: ReturnType<typeof startStack> | undefined;
  let stack: StackInfo;
  let output = '';

  /** Starts what `npm start` starts. npm itself would not pass on the signal that stops it. */
  function startStack(env: NodeJS.ProcessEnv) {
    const [, ...args] = scripts.start.split(' ');
    return execa(process.execPath, args, { cwd: copy, env, extendEnv: false, all: true, reject: false });
  }

  beforeAll(async () => {
    const environment: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: process.env.HOME };
    const free: Record<string, string> = {};
    const ports = new Map<number, number>();
    for (const [variable, documented] of Object.entries(documentedPorts)) {
      const { port, release } = await reservePort();
      release();
      free[variable] = String(port);
      ports.set(documented, port);
    }
    const running = startStack({ ...environment, ...free });
    npmStart = running;
    running.all.on('data', (chunk: Buffer) => (output += stripVTControlCharacters(chunk.toString())));
    await waitUntil(() => output.includes('Ready'), {
      what: 'the stack is not ready',
      timeoutMs: START_MS,
    }).catch((error: unknown) => {
      throw new Error(output, { cause: error });
    });
    const info = readStack(join(copy, '.state'));
    if (!info) throw new Error(output);
    stack = info;
    // Rather than those that were free a moment ago.
    for (const [documented, url] of [
      [3000, stack.urls.api],
      [3002, stack.urls.apiMetrics],
      [12_111, stack.ownUrls[PAYMENT_SANDBOX] ?? ''],
    ] as const)
      ports.set(documented, Number(new URL(url).port));

    const pastePage = async (page: string): Promise<string[]> => {
      const shell = openShell({ cwd: copy, env: environment, ports });
      try {
        await prepare(page);
        const problems: string[] = [];
        for (const block of pasted.filter((candidate) => candidate.page === page))
          problems.push(...(await pasteBlock(shell, block)));
        return problems;
      } finally {
        await shell.close();
      }
    };
    // One after another: pages make the payment provider fail, change the stock of the same item, and act on all jobs of a kind.
    let previous: Promise<unknown> = Promise.resolve();
    for (const round of ROUNDS)
      for (const page of pastedPages) {
        const result = previous.then(() => pastePage(page));
        // A page that fails does not keep the others from being pasted.
        previous = result.catch(() => undefined);
        results.set(`${page} ${round}`, result);
      }
  }, START_MS + 10_000);

  afterAll(async () => {
    await Promise.allSettled(results.values());
    npmStart?.kill('SIGINT');
    await npmStart;
    rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
  }, ALL_MS);

  /** Inserts what a page takes for granted, and waits until the service has seen it. */
  async function prepare(page: string): Promise<void> {
    const rows = given[page];
    if (rows === undefined) return;
    const client = new pg.Client({ connectionString: stack.urls.database });
    await client.connect();
    await client.query(rows.sql);
    await client.end();
    await waitUntil(
      async () => {
        const response = await fetch(stack.urls.api + rows.list, {
          headers: { authorization: `Bearer ${stack.apiKey}` },
        });
        return ((await response.json()) as { items: unknown[] }).items.length >= 2;
      },
      { what: `${rows.list} has fewer than two items`, timeoutMs: 120_000 },
    );
  }

  it.each(ROUNDS.flatMap((round) => pastedPages.map((page) => ({ page, round }))))(
    '$page works, paste $round',
    { timeout: ALL_MS },
    async ({ page, round }) => {
      expect((await results.get(`${page} ${round}`))?.join('\n')).toBe('');
    },
  );
});
