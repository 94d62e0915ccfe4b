import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import type { BulkJobView } from '../../packages/durable-jobs/src/bulk/json.ts';
import { projectRoot } from '../../local/paths.ts';
import { compiled } from '../support/compiled.ts';
import { eventually } from '../support/jobs.ts';
import { useService, type Service } from '../support/service.ts';

/** Runs the command that `npm run bulk` runs. */
function bulk(apiUrl: string, args: readonly string[], options: { input?: string; apiKey?: string } = {}) {
  return execa(process.execPath, [...compiled('tools/bulk.ts'), ...args], {
    cwd: projectRoot,
    extendEnv: false,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      API_URL: apiUrl,
      ...(options.apiKey !== undefined && { API_KEY: options.apiKey }),
    },
    input: options.input ?? '',
    reject: false,
    all: true,
    timeout: 150_000,
  });
}

async function fileOf(text: string): Promise<string> {
  const file = join(tmpdir(), `${randomUUID()}.txt`);
  await writeFile(file, text);
  return file;
}

/** A bulk job of a scripted API. */
const THE_ID = '0b5cbe7c-3d51-4d0a-9d6e-5d6e3f5f2a11';

const products = (prefix: string, length: number): object[] =>
  Array.from({ length }, (_, index) => ({
    sku: `${prefix}-${index}`,
    name: `Product ${index}`,
    unitAmount: index,
    currency: 'EUR',
  }));
const lines = (items: readonly object[]): string => items.map((item) => JSON.stringify(item)).join('\n');

const productsLike = async (service: Service, prefix: string): Promise<number> =>
  (await service.db.selectFrom('products').select('sku').where('sku', 'like', `${prefix}-%`).execute())
    .length;

const idIn = (output: string): string => /as bulk job ([0-9a-f-]+)/.exec(output)?.[1] ?? '';

describe('npm run bulk', () => {
  const service = useService();

  it('uploads lines, follows them to the end, and ends with 0', async () => {
    const prefix = randomUUID();
    const file = await fileOf(lines(products(prefix, 2_345)));
    const { exitCode, stdout } = await bulk(service.url, [file, '--task', 'import-products']);
    expect(stdout).toContain('100 % · 0.3 MB sent, waiting for the response\n');
    expect(stdout).toContain('Accepted 2,345 items as bulk job');
    expect(stdout).toMatch(/^The job is completed: 2,345 of 2,345 items done, in [\d.]+ m?s\.$/m);
    expect(exitCode).toBe(0);
    expect(await productsLike(service, prefix)).toBe(2_345);
  });

  it('recognizes an array by its bracket, after a byte order mark and white space, and reads standard input', async () => {
    const prefix = randomUUID();
    const input = `\uFEFF \n ${JSON.stringify(products(prefix, 30), null, 2)}`;
    const { exitCode, stdout } = await bulk(service.url, ['--task', 'import-products', '-'], { input });
    expect(stdout).toContain('Accepted 30 items as bulk job');
    expect(exitCode).toBe(0);
    expect(await productsLike(service, prefix)).toBe(30);
  });

  it('shows the first failed items with how to see and retry all, and ends with 1; so does a retry', async () => {
    const orderIds = Array.from({ length: 12 }, () => randomUUID());
    const file = await fileOf(lines(orderIds.map((orderId) => ({ orderId }))));
    const first = await bulk(service.url, [file, '--task', 'reprice-orders']);
    const id = idIn(first.stdout);
    expect(first.stdout).toContain('The job is completed: 0 of 12 items done, 12 failed, in ');
    expect(first.stdout).toContain('The first 10 failed items:\n');
    expect(first.stdout).toContain(
      `  item 9: The order does not exist. (unknown_order)\n    {"orderId":"${orderIds[9] ?? ''}"}\n`,
    );
    expect(first.stdout).not.toContain(orderIds[10]);
    expect(first.stdout).toContain(
      `  curl -H "Authorization: Bearer local-dev-key" '${service.url}/api/bulk-jobs/${id}?limit=100'\n`,
    );
    expect(first.stdout).toContain(`  npm run bulk -- --retry-failed ${id}`);
    expect(first.exitCode).toBe(1);

    const again = await bulk(service.url, ['--retry-failed', id]);
    expect(again.stdout).toContain('12 failed items will be retried\n');
    expect(again.stdout).toContain('The job is completed: 0 of 12 items done, 12 failed');
    expect(again.exitCode).toBe(1);

    const followed = await bulk(service.url, ['--follow', id]);
    expect(followed.stdout).toMatch(/^The job is completed: 0 of 12 items done/);
    expect(followed.exitCode).toBe(1);
  });

  it("prints the API's errors about invalid items, and exits with 2", async () => {
    const wrong = products(randomUUID(), 25).map((product) => ({ ...product, currency: 'euros' }));
    const { exitCode, stderr } = await bulk(service.url, ['-', '--task', 'import-products'], {
      input: `${lines(products('x', 1))}\n${lines(wrong)}`,
    });
    expect(stderr).toContain('The API refused the request: Some items are not valid. Nothing was stored.\n');
    expect(stderr).toContain(
      '\n  line 2: currency   must be the code of a currency that the payment provider accepts, such as EUR\n',
    );
    expect(stderr).toMatch(/line 21: currency {2}must be .*\n {2}and 5 more$/);
    expect(exitCode).toBe(2);
  });

  it.each([
    [
      'a task that there is not',
      ['-', '--task', 'make-coffee'],
      /^--task must be one of import-products, .*"make-coffee"/,
    ],
    ['no task', ['-'], /^--task is required: import-products, /],
    ['no file', ['--task', 'import-products'], /^A file is required, or - for standard input\./],
    [
      'a file that there is not',
      ['nowhere.json', '--task', 'import-products'],
      /nowhere\.json" does not exist: /,
    ],
    [
      'a folder',
      [tmpdir(), '--task', 'import-products'],
      /" is a directory: give a file that contains items\.$/,
    ],
    ['no items', ['-', '--task', 'import-products'], /^The input contains no items\.$/],
    ['a job that there is not', ['--follow', randomUUID()], /The bulk job \S+ does not exist/],
    ['an id that is none', ['--follow', '..'], /^--follow must be the id of a bulk job, .*"\.\."/],
    ['an unknown option', ['--frobnicate'], /^Unknown option '--frobnicate'\./],
  ])('ends with 2 at %s', async (_, args, message) => {
    const { exitCode, stderr } = await bulk(service.url, args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('\n');
    expect(exitCode).toBe(2);
  });

  it('exits with 2 if the API refuses the key', async () => {
    const { exitCode, stderr } = await bulk(service.url, ['--follow', randomUUID()], { apiKey: 'wrong' });
    expect(stderr).toContain('Set API_KEY to a valid key.');
    expect(exitCode).toBe(2);
  });

  it.each([
    ['no URL', 'http://', undefined, '  - API_URL: must be a URL (http, https)'],
    ['another protocol', 'ftp://127.0.0.1', undefined, '  - API_URL: must be a URL (http, https)'],
    ['a query', 'http://127.0.0.1/?x', undefined, '  - API_URL: must not have a query or a fragment'],
    ['a key that no header takes', 'http://127.0.0.1:1', 'a\nb', '  - API_KEY: must be one line'],
  ])('ends with 2 at %s in its variables', async (_, url, apiKey, message) => {
    const args = ['-', '--task', 'import-products'];
    const { exitCode, stderr } = await bulk(url, args, { input: '{}', ...(apiKey && { apiKey }) });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(exitCode).toBe(2);
  });

  it('prints its help', async () => {
    const { exitCode, stdout } = await bulk(service.url, ['--help']);
    expect(stdout).toContain('npm run bulk -- FILE --task NAME');
    expect(stdout).toMatch(/^ {2}reprice-orders +Updates the prices/m);
    expect(exitCode).toBe(0);
  });
});

describe('npm run bulk, while no worker runs', () => {
  const service = useService({ workers: false, config: { BULK_MAX_ITEMS: 1_000 } });

  it('is refused before all is sent', async () => {
    const file = await fileOf(lines(products('x', 200_000)));
    const { exitCode, stderr } = await bulk(service.url, [file, '--task', 'import-products']);
    expect(stderr).toBe(
      'The API refused the request: A bulk job accepts at most 1000 items. Nothing was stored.',
    );
    expect(exitCode).toBe(2);
  });

  it('leaves the job to itself at Ctrl-C, and says how to follow and how to cancel it', async () => {
    const running = bulk(service.url, ['-', '--task', 'import-products'], { input: lines(products('x', 5)) });
    let output = '';
    running.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(() => expect(output).toContain('queued · 0 of 5 done'));
    running.kill('SIGINT');
    const { exitCode, stdout } = await running;
    const id = idIn(stdout);
    expect(stdout).toContain(`The job continues. To follow it again:\n  npm run bulk -- --follow ${id}\n`);
    expect(stdout).toContain(
      `curl -X POST -H "Authorization: Bearer local-dev-key" '${service.url}/api/bulk-jobs/${id}/cancel'`,
    );
    expect(exitCode).toBe(130);
    const { body } = await service.request('GET', `/api/bulk-jobs/${id}`);
    expect((body as BulkJobView).status).toBe('queued');
    // Its start is made in the background.
    await eventually(async () => {
      const { status } = await service.client.workflow.getHandle(`process-bulk:${id}`).describe();
      expect(status.name).toBe('RUNNING');
    });
  });

  it('ends at Ctrl-C while it waits for items', async () => {
    const running = execa(
      process.execPath,
      ['local/bootstrap.mjs', 'tools/bulk.ts', '-', '--task', 'import-products'],
      {
        cwd: projectRoot,
        env: { API_URL: service.url },
        stdin: 'pipe',
        reject: false,
        timeout: 150_000,
      },
    );
    // A first item is read and shown; the rest never arrives.
    running.stdin.write(`${lines(products('x', 1))}\n`);
    await once(running.stdout, 'data');
    running.kill('SIGINT');
    const { exitCode, stderr } = await running;
    expect(stderr).toBe('Stopped. Nothing was accepted.');
    expect(exitCode).toBe(130);
  });

  it('exits with 1 if the job was terminated', async () => {
    const running = bulk(service.url, ['-', '--task', 'import-products'], { input: lines(products('x', 5)) });
    let output = '';
    running.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(() => expect(output).toContain('queued · 0 of 5 done'));
    // Its start is made in the background.
    await eventually(() =>
      service.client.workflow.getHandle(`process-bulk:${idIn(output)}`).terminate('by the test'),
    );
    const { exitCode, stderr } = await running;
    expect(stderr).toContain('Its job is terminated');
    expect(exitCode).toBe(1);
  });
});

describe('npm run bulk, with an API that is scripted', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function api(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close().closeAllConnections());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const job = (status: BulkJobView['status'], done: number, more: Partial<BulkJobView> = {}) =>
    JSON.stringify({
      id: THE_ID,
      status,
      counts: { total: 10, done, failed: 0, pending: 10 - done },
      rate: null,
      estimatedEndAt: null,
      startedAt: null,
      endedAt: null,
      links: { self: `/api/bulk-jobs/${THE_ID}` },
      ...more,
      failedItems: { items: [], nextCursor: null },
    });

  it('shows rate, end and state, retries an unavailable API, and exits with 1 when the job is cancelled', async () => {
    const answers = [
      job('running', 2, { rate: 1.6, estimatedEndAt: '2099-01-02T03:04:05.000Z' }),
      job('paused', 4),
      undefined,
      job('running', 5),
      job('cancelled', 6),
    ];
    const url = await api((request, response) => {
      const answer = answers.shift();
      if (answer === undefined) request.socket.destroy();
      else response.end(answer);
    });
    const { exitCode, stdout } = await bulk(url, ['--follow', THE_ID]);
    const [running, paused, away, resumed, cancelled] = stdout.split('\n');
    expect(running).toMatch(
      /^20 % · running · 2 of 10 done · 2\/s · estimated end \d\d\/01\/2099, \d\d:\d\d:05$/,
    );
    expect(paused).toBe('40 % · paused · 4 of 10 done');
    expect(away).toContain('the API is not responding');
    expect(resumed).toBe('50 % · running · 5 of 10 done');
    expect(cancelled).toBe('The job is cancelled: 6 of 10 items done, 4 not processed.');
    expect(exitCode).toBe(1);
  });

  it('exits with 2 if no API responds', async () => {
    const { exitCode, stderr } = await bulk('http://127.0.0.1:1', ['-', '--task', 'import-products'], {
      input: '{}',
    });
    expect(stderr).toContain('connect ECONNREFUSED 127.0.0.1:1. Is it running?');
    expect(exitCode).toBe(2);
  });

  it('says that nothing was accepted, or that this is unknown, if the connection breaks', async () => {
    const early = await api((request) => request.once('data', () => request.socket.destroy()));
    const file = await fileOf(lines(products('x', 300_000)));
    const cut = await bulk(early, [file, '--task', 'import-products']);
    expect(cut.stderr).toContain('The API did not return a valid response: ');
    expect(cut.exitCode).toBe(2);

    const late = await api((request) => request.resume().once('end', () => request.socket.destroy()));
    const open = await bulk(late, ['-', '--task', 'import-products'], { input: lines(products('x', 3)) });
    expect(open.stderr).toContain('no response arrived, so the job may or may not have been accepted');
    expect(open.stderr).toContain(`'${late}/api/bulk-jobs?limit=5'`);
    expect(open.exitCode).toBe(2);
  });
});
