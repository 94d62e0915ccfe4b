import { lookup } from 'node:dns/promises';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it, vi } from 'vitest';
import { withPatience } from './patience.ts';
import { refusalOf } from './refusal.ts';

vi.mock('node:dns/promises', () => ({ lookup: vi.fn() }));

/** The SDK's error of a slow engine. */
const slow = (): Error =>
  new Error('Failed to describe schedule', {
    cause: Object.assign(new Error('4 DEADLINE_EXCEEDED'), { code: 4 }),
  });
const away = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

it('repeats what fails because the engine or the database is not available, and says why', async () => {
  const failures = [slow(), away()];
  const reports: string[] = [];
  const work = (): Promise<string> => {
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve('done');
  };
  expect(
    await withPatience(work, { what: 'The step', report: (line) => reports.push(line), retryMs: 1 }),
  ).toBe('done');
  expect(reports).toEqual([
    'waiting: Failed to describe schedule: 4 DEADLINE_EXCEEDED',
    'waiting: connect ECONNREFUSED',
  ]);
});

it('fails at once with an error that would not pass', async () => {
  const work = (): Promise<void> => Promise.reject(new Error('syntax error'));
  await expect(withPatience(work, { what: 'The step', report: () => undefined })).rejects.toThrow(
    /^syntax error$/,
  );
});

it('ends when its patience is over, and when it is stopped', async () => {
  const work = (): Promise<void> => Promise.reject(slow());
  const options = { what: 'The step schedules', report: () => undefined, retryMs: 1 };
  await expect(withPatience(work, { ...options, patienceMs: 5 })).rejects.toThrow(
    'The step schedules was not available within 0.005 s: Failed to describe schedule: 4 DEADLINE_EXCEEDED',
  );
  const stopping = new AbortController();
  const waiting = withPatience(work, { ...options, signal: stopping.signal });
  stopping.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});

it.each([
  [
    Object.assign(new Error('getaddrinfo ENOTFOUND db.invalid'), { code: 'ENOTFOUND' }),
    /host name does not exist/,
  ],
  [Object.assign(new Error('password authentication failed for user "ada"'), { code: '28P01' }), /\(28P01\)/],
  [Object.assign(new Error('database "jobs" was dropped'), { code: '57P04' }), /was dropped \(57P04\)/],
  [
    Object.assign(new Error('No space left on device'), { code: '53100' }),
    /No space left on device \(53100\)/,
  ],
  [Object.assign(new Error('unsupported frontend protocol'), { code: '08P01' }), /frontend protocol/],
  [new Error('The server does not support SSL connections'), /does not support TLS/],
  [
    Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    /not trusted/,
  ],
  [
    Object.assign(
      new Error('14 UNAVAILABLE: No connection established. Last error: Error: wrong version number'),
      {
        code: 14,
      },
    ),
    /does not respond with TLS/,
  ],
])('fails at once if waiting does not help, case %#', async (error, reason) => {
  let attempts = 0;
  const work = (): Promise<void> => {
    attempts++;
    return Promise.reject(error);
  };
  const options = { what: 'The database at db:5432', variable: 'DATABASE_URL', report: () => undefined };
  const refusal = await withPatience(work, options).catch((failure: unknown) => String(failure));
  expect(refusal).toMatch(/^Error: The database at db:5432 cannot be used: .*\. Correct DATABASE_URL\.$/);
  expect(refusal).toMatch(reason);
  expect(attempts).toBe(1);
});

it.each(['08P01', '08004', '57P03', '53300', '57P01', 'ECONNREFUSED', 'EAI_AGAIN'])(
  'repeats after %s, which passes',
  async (code) => {
    expect(await refusalOf(Object.assign(new Error('away'), { code }))).toBeUndefined();
  },
);

it('stops at once, whatever the attempt does', async () => {
  const stopping = new AbortController();
  const waiting = withPatience(() => new Promise<void>(() => undefined), {
    what: 'The step',
    report: () => undefined,
    signal: stopping.signal,
  });
  stopping.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});

it('keeps the error of a step, whatever its text is like', async () => {
  const error = Object.assign(new Error('invalid certificate for the supplier'), { code: '28P01' });
  const step = withPatience(() => Promise.reject(error), { what: 'The step', report: () => undefined });
  await expect(step).rejects.toBe(error);
});

it('adds the text of an error to what it means', async () => {
  expect(await refusalOf(new Error('certificate has expired'))).toBe(
    'its TLS certificate is not trusted (certificate has expired)',
  );
});

it.each([
  ['ENOTFOUND', /host name does not exist/],
  ['EAI_AGAIN', undefined],
])('asks the resolver what a failed name resolution means: %s', async (code, refusal) => {
  vi.mocked(lookup).mockRejectedValue(Object.assign(new Error('lookup'), { code }));
  const error = Object.assign(
    new Error('14 UNAVAILABLE: Name resolution failed for target dns:temporal.example:7233'),
    { code: 14 },
  );
  const found = await refusalOf(error, new URL('tcp://temporal.example:7233'));
  if (refusal) expect(found).toMatch(refusal);
  else expect(found).toBeUndefined();
});

it('waits for the namespace of a new server, but not for long', async () => {
  const missing = Object.assign(new Error('5 NOT_FOUND: Namespace default is not found.'), { code: 5 });
  const options = { what: 'Temporal', variable: 'TEMPORAL_ADDRESS', report: () => undefined, retryMs: 1 };
  const work = vi.fn().mockRejectedValueOnce(missing).mockResolvedValueOnce('there');
  expect(await withPatience(work, options)).toBe('there');
  await expect(withPatience(() => Promise.reject(missing), { ...options, patienceMs: 5 })).rejects.toThrow(
    /cannot be used: 5 NOT_FOUND.* Correct TEMPORAL_ADDRESS\.$/,
  );
});

it('waits for a server whose proxy closes connections, and says what it may be', async () => {
  const proxy = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const closed = new Error('Connection terminated unexpectedly');
  const reports: string[] = [];
  const waiting = withPatience(() => Promise.reject(closed), {
    what: 'The database',
    variable: 'DATABASE_URL',
    address: new URL(`tcp://127.0.0.1:${port}`),
    report: (line) => reports.push(line),
    retryMs: 200,
    patienceMs: 2_000,
  });
  await expect(waiting).rejects.toThrow(/was not available within .*: .*a program listens there/);
  expect(reports[0]).toContain('it may still be starting');
  proxy.close();
});
