import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../local/paths.ts';
import { compiled } from '../support/compiled.ts';

interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Runs a command without configuration, except for `more`: a command that accepts its arguments fails because of that. */
function run(script: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...more };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...compiled(script), ...args],
      { env, cwd: projectRoot, timeout: 150_000 },
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

const keys = 'packages/durable-jobs/src/cli/keys-main.ts';
const payloadKeys = 'packages/durable-jobs/src/cli/payload-keys-main.ts';
const schedules = 'schedules/main.ts';
const created = ['create', '--name', 'x', '--role', 'viewer'];

describe('a command', () => {
  it.each<[string, string[], string]>([
    [keys, ['create', '--role', 'viewer'], "Required option '--name <name>' not specified."],
    [
      keys,
      ['create', '--name', 'x', '--role', 'root'],
      "Option '--role <role>' argument 'root' is invalid. Allowed choices are viewer, operator.",
    ],
    [
      keys,
      [...created, '--name', 'y'],
      "Option '--name <name>' argument 'y' is invalid. It was given twice: give it once.",
    ],
    [
      keys,
      ['create', '--role', 'viewer', '--name', '--reason'],
      "Option '--name <name>' argument '--reason' is invalid. A value must not begin with two dashes.",
    ],
    [
      keys,
      ['revoke', 'a\u001b[31m'],
      'The argument "a\\u001b[31m" must be one line without control characters.',
    ],
    [
      keys,
      [...created, '--expires', '1e3'],
      '--expires must be a duration such as 90d, more than 0, but is "1e3".',
    ],
    [keys, ['list', '--name', 'x'], "Unknown option '--name'."],
    [keys, ['revoke', 'a', 'b'], "Too many arguments for 'revoke'. Expected 1 argument but got 2."],
    [keys, ['lists'], "Unknown command 'lists'."],
    [payloadKeys, ['rewrap', '--lost'], "Unknown option '--lost'."],
    [
      payloadKeys,
      ['forget', 'k 1'],
      'The id of a key must be 1 to 40 letters, digits, dots, underscores or dashes, but is "k 1".',
    ],
    [
      'packages/durable-jobs/src/cli/main.ts',
      ['replay'],
      'Histories are required: give files, folders, job types with --type, or a namespace with --from.',
    ],
    [
      'packages/durable-jobs/src/cli/main.ts',
      ['replay', 'histories', '--sample', '0'],
      "Option '--sample <count>' argument '0' is invalid. It must be a whole number greater than 0.",
    ],
    [
      'local/replay.ts',
      ['--from', 'default', '--open'],
      '--open is for --type: --from always replays open jobs.',
    ],
    [schedules, ['apply', '--dry-run'], "Unknown option '--dry-run'."],
    ['local/demo.ts', ['--fast'], "Unknown option '--fast'."],
    ['local/start.ts', ['--wacth'], "Unknown option '--wacth'."],
    [
      'bench/idle.ts',
      ['--seconds', '1e3'],
      '--seconds must be a whole number from 1 to 1000000000, but is "1e3".',
    ],
  ])('refuses what it does not take: %s %j', async (script, args, message) => {
    expect(await run(script, args)).toEqual({
      code: 2,
      out: '',
      err: `${message} Run it with --help for usage.\n`,
    });
  });

  it.each([['domain/database/migrate-main.ts', '--dry-run']])(
    'of a process takes no arguments: %s %s',
    async (script, argument) => {
      const { code, out } = await run(script, [argument]);
      expect(code).toBe(2);
      expect(out.trim().split('\n')).toHaveLength(1);
      expect(JSON.parse(out)).toMatchObject({
        msg: expect.stringContaining('Run it with --help for usage.') as unknown,
      });
    },
  );

  it.each([keys, 'domain/database/migrate-main.ts', 'local/start.ts'])(
    'shows its usage: %s',
    async (script) => {
      const { code, out, err } = await run(script, ['--help']);
      expect(out).toMatch(/^Usage: /);
      expect(err).toBe('');
      expect(code).toBe(0);
    },
  );

  it.each([
    [['constructor'], 'The role must be api, worker, or payment-sandbox, but is "constructor".\n'],
    [['api', '/a b'], 'The path must be that of a URL, such as /readyz, but is "/a b".\n'],
  ])('of a container refuses %j', async (args, err) => {
    expect(await run('deploy/healthcheck.mjs', args)).toEqual({ code: 1, out: '', err });
  });
});

describe('a command whose server does not respond', () => {
  /** Accepts connections, and says nothing. */
  let silent: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  afterAll(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  const silentAddress = (): string => `127.0.0.1:${(silent.address() as AddressInfo).port}`;

  it.each([
    [keys, ['list']],
    [payloadKeys, ['list']],
  ])('says which database, and ends: %s %j', async (script, args) => {
    const { code, out, err } = await run(script, args, {
      DATABASE_URL: `postgres://jobs:hunter2@${silentAddress()}/jobs`,
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`Waiting for the database at ${silentAddress()} …`);
    expect(err).toMatch(/The database at .+ is not available: .+\. Start it, or correct DATABASE_URL\.\n$/);
    expect(err).not.toContain('hunter2');
    const refused = await run(script, args, { DATABASE_URL: 'postgres://127.0.0.1:1/jobs' });
    expect(refused.err).toMatch(
      // On a busy machine, it may have said before that it waits.
      /^The database at 127\.0\.0\.1:1 is not available: connect ECONNREFUSED .+\n$/m,
    );
  });

  it.each(['plan', 'check', 'apply'])('says which engine, and ends: schedules %s', async (name) => {
    for (const address of [silentAddress(), '127.0.0.1:1']) {
      const { code, out, err } = await run(schedules, [name], { TEMPORAL_ADDRESS: address });
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(`Waiting for Temporal at ${address} …`);
      expect(err).toMatch(/Temporal at .+ is not available: .+\. Start it, or correct TEMPORAL_ADDRESS\.\n$/);
    }
  });
});
