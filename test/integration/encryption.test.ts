import { subjectOfJob } from '../../domain/accounts/subjects.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  checkPayloadKeys,
  requirePayloadKeys,
} from '../../packages/durable-jobs/src/encryption/check-keys.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { parseKeyRing } from '../../packages/durable-jobs/src/values/key-ring.ts';
import { createPayloadCodec } from '../../packages/durable-jobs/src/encryption/payload-codec.ts';
import {
  failureConverterPath,
  workerEncryption,
} from '../../packages/durable-jobs/src/encryption/payload-encryption.ts';
import { isEncrypted } from '../../packages/durable-jobs/src/encryption/payload-format.ts';
import { createSubjectKeys } from '../../packages/durable-jobs/src/encryption/subject-keys.ts';
import { downloadHistories } from '../../packages/durable-jobs/src/testing/replay/download-histories.ts';
import { replayHistories } from '../../packages/durable-jobs/src/testing/replay/replay-histories.ts';
import { workflowFiles } from '../../worker/bundle.ts';
import { recordedKeys } from '../replay/encrypted.ts';
import { inClear } from '../support/in-clear.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { runCommand } from '../support/run-command.ts';
import { useOwnEngine, type OwnEngine } from '../support/own-engine.ts';
import { useService, type Service } from '../support/service.ts';

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const payloadKeys = recordedKeys;
const encryptionConfig = { PAYLOAD_KEYS: parseKeyRing(payloadKeys), PAYLOAD_ENCRYPTION: 'bound' } as const;

const plainEngine = useOwnEngine();
const plain = useService({ temporalAddress: () => plainEngine.address() });
const engine = useOwnEngine();
const service = useService({
  temporalAddress: () => engine.address(),
  payloadKeys,
  payloadEncryption: 'bound',
});

/** Whether the engine's database contains a text anywhere. */
function holds({ dbFile }: OwnEngine, text: string): boolean {
  return [dbFile(), `${dbFile()}-wal`].some((file) => existsSync(file) && readFileSync(file).includes(text));
}

/** A job for a person that fails and is retried, with a known text in its input and in its failure. */
async function startTalkingJob({ client }: Service, text: string): Promise<string> {
  const id = `send-welcome-email:${randomUUID()}`;
  await client.workflow.start('sendWelcomeEmail', {
    workflowId: id,
    taskQueue: 'jobs',
    args: [{ userId: text }],
    memo: { note: text },
    staticSummary: text,
  });
  return id;
}

/** A client without a key. */
async function withoutKey<T>(of: Service, read: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: of.temporalAddress });
  try {
    return await read(new Client({ connection, namespace: of.namespace }));
  } finally {
    await connection.close();
  }
}

async function register({ request }: Service): Promise<{ id: string; jobId: string; email: string }> {
  const email = `ada-${randomUUID()}@example.com`;
  const { body } = await request('POST', '/api/auth/register', {
    email,
    name: 'Ada',
    password: 'correct horse',
  });
  return body as { id: string; jobId: string; email: string };
}

describe('payload encryption', () => {
  it.each([
    ['on', () => ({ of: service, engine, found: false })],
    ['off', () => ({ of: plain, engine: plainEngine, found: true })],
  ])("%s: the engine's database file holds a known text, or not", async (_what, use) => {
    const { of, engine, found } = use();
    const text = `known-${randomUUID()}`;
    const id = await startTalkingJob(of, text);
    // The API shows it nevertheless: the failure's message contains the text.
    const job = await jobWithStatus(of, id, 'retrying');
    expect(job.attempts[0]?.error?.message).toContain(text);
    const description = await of.client.workflow.getHandle(id).describe();
    expect(description.memo).toEqual({ note: text });
    await of.client.workflow.getHandle(id).terminate(`terminated ${id}`);
    expect(holds(engine, id)).toBe(true);
    expect(holds(engine, text)).toBe(found);
  });

  it('leaves nothing in clear to who reads a history without the keys, failures included', async () => {
    const text = `known-${randomUUID()}`;
    const id = await startTalkingJob(service, text);
    await jobWithStatus(service, id, 'retrying');
    const seen = await withoutKey(service, async (client) => {
      const { namespace } = service;
      const description = await client.workflowService.describeWorkflowExecution({
        namespace,
        execution: { workflowId: id },
      });
      return inClear([await client.workflow.getHandle(id).fetchHistory(), description]);
    });
    await service.client.workflow.getHandle(id).terminate();
    expect(seen).toContain('Encoded failure');
    expect(seen).not.toContain(text);
  });

  it('keeps jobs working: a registration, and an order with a declined card, over the API as without', async () => {
    const user = await register(service);
    await jobWithStatus(service, user.jobId, 'completed');
    const { body } = await service.request('POST', '/api/orders', {
      userId: user.id,
      currency: 'EUR',
      items: [{ sku: `sku-${randomUUID()}`, quantity: 1, unitAmount: 1_000 }],
      paymentMethod: 'pm_card_chargeDeclined',
    });
    const { id, jobId } = body as { id: string; jobId: string };
    await jobWithStatus(service, jobId, 'waiting');
    const changed = await eventually(async () => {
      const answer = await service.request('PUT', `/api/orders/${id}/payment-method`, {
        paymentMethod: 'pm_card_visa',
      });
      expect(answer.status).toBe(202);
      return answer;
    });
    expect(changed.status).toBe(202);
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({
      result: { outcome: 'completed' },
    });
  });

  it('encrypts the jobs of a person with a key of their own, and all others with the ring', async () => {
    const user = await register(service);
    await jobWithStatus(service, user.jobId, 'completed');
    const started = await service.request('POST', '/api/jobs', { type: 'refreshStatistics' });
    const other = (started.body as { jobId: string }).jobId;
    await jobWithStatus(service, other, 'completed');
    const [row] = await service.db
      .selectFrom('subjectKeys')
      .selectAll()
      .where('subject', '=', `user:${user.id}`)
      .execute();
    expect(row).toMatchObject({ ringKeyId: 'k1', destroyedAt: null });
    expect(await keyIds(service, user.jobId)).toEqual([`subject:${row?.id ?? ''}`]);
    expect(await keyIds(service, other)).toEqual(['k1']);
    await withoutKey(service, (client) => recordHistory({ client }, other, 'encrypted'));
  });

  it('replays and reads histories with and without encryption', async () => {
    const user = await register(service);
    await jobWithStatus(service, user.jobId, 'completed');
    const before = await register(plain);
    await jobWithStatus(plain, before.jobId, 'completed');
    const encryption = workerEncryption(
      { ...encryptionConfig, PAYLOAD_ENCRYPTION: 'any' },
      { db: service.db, subjectOf: subjectOfJob },
    );
    for (const [of, id] of [
      [service, user.jobId],
      [plain, before.jobId],
    ] as const) {
      const { namespace } = of;
      await eventually(async () => {
        expect((await of.client.workflow.count(`WorkflowId = '${id}'`)).count).toBe(1);
      });
      const replayed = await withoutKey(of, (client) =>
        replayHistories({
          workflows: workflowFiles.workflows,
          histories: downloadHistories({ client, types: ['sendWelcomeEmail'] }),
          encryption,
          namespace,
        }),
      );
      expect(replayed.map(({ workflowId }) => workflowId)).toContain(
        of === plain ? before.jobId : user.jobId,
      );
      expect(replayed.filter(({ failure }) => failure !== null)).toEqual([]);
    }
    // A history without failures replays regardless of where failures are encoded.
    expect(failureConverterPath).toMatch(/failure-converter\.cjs$/);
  });

  it('reads data that an older key encrypted, and re-encrypts the keys of people', async () => {
    const user = await register(service);
    await jobWithStatus(service, user.jobId, 'completed');
    const ring = parseKeyRing(`${key('k2')},${payloadKeys}`);
    const subjectKeys = createSubjectKeys(
      { db: service.db, subjectOf: subjectOfJob, ring },
      { encodeWaitMs: 0 },
    );
    const codec = createPayloadCodec({ ring, subjectKeys }, { unreadable: 'failure', policy: 'any' });
    const old = createPayloadCodec(
      {
        ring: parseKeyRing(payloadKeys),
        subjectKeys: createSubjectKeys(
          { db: service.db, subjectOf: subjectOfJob, ring: parseKeyRing(payloadKeys) },
          { encodeWaitMs: 0 },
        ),
      },
      { unreadable: 'failure', policy: 'any' },
    );
    const context = { type: 'workflow', namespace: 'x', workflowId: user.jobId } as const;
    const value = defaultPayloadConverter.toPayload('hello');
    for (const encoded of [
      ...(await old.encode([value], context)),
      ...(await old.encode([value])),
      ...(await codec.encode([value], context)),
      ...(await codec.encode([value])),
      value,
    ]) {
      const [decoded] = await codec.decode([encoded]);
      expect(defaultPayloadConverter.fromPayload(decoded ?? {})).toBe('hello');
    }
    const [row] = await service.db
      .selectFrom('subjectKeys')
      .select('ringKeyId')
      .where('subject', '=', `user:${user.id}`)
      .execute();
    expect(row?.ringKeyId).toBe('k2');
    await expect(old.decode(await codec.encode([value]))).rejects.toThrow('"k2", which PAYLOAD_KEYS');
    const forged = createPayloadCodec(
      { ring: parseKeyRing(key('k2')), subjectKeys },
      { unreadable: 'failure', policy: 'any' },
    );
    await expect(forged.decode(await codec.encode([value]))).rejects.toThrow('of this process differs');
  });
});

describe('the codec endpoint', () => {
  const ui = 'http://127.0.0.1:8233';

  it('decrypts payloads for callers with a key, and for no one else', async () => {
    const codec = workerEncryption(encryptionConfig, { db: service.db, subjectOf: subjectOfJob })?.codec;
    const [payload] = (await codec?.encode([defaultPayloadConverter.toPayload({ hello: 'world' })])) ?? [];
    const body = {
      payloads: [
        {
          metadata: Object.fromEntries(
            Object.entries(payload?.metadata ?? {}).map(([name, value]) => [name, toBase64(value)]),
          ),
          data: toBase64(payload?.data ?? []),
        },
      ],
    };
    const answer = await service.request('POST', '/codec/decode', body, { 'x-namespace': service.namespace });
    const [clear] = (answer.body as typeof body).payloads;
    expect(Buffer.from(clear?.data ?? '', 'base64').toString()).toBe('{"hello":"world"}');
    const back = await service.request('POST', '/codec/encode', answer.body);
    const [again] = (back.body as typeof body).payloads;
    expect(Buffer.from(again?.metadata.encoding ?? '', 'base64').toString()).toBe('binary/encrypted-v2');
    const nobody = await service.request('POST', '/codec/decode', body, { authorization: '' });
    expect(nobody.status).toBe(401);
    expect((await plain.request('POST', '/codec/decode', body)).status).toBe(404);
  });

  it("can be called by the Web UI's pages with a session, and by no other site's", async () => {
    const preflight = (origin: string) =>
      fetch(`${service.url}/codec/decode`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const allowed = await preflight(ui);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(ui);
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    const refused = await preflight('http://evil.example');
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();

    const signIn = await fetch(`${service.url}/login`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ key: LOCAL_API_KEY }),
      headers: { origin: service.url },
    });
    const cookie = signIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const decode = (headers: Record<string, string>) =>
      service.request('POST', '/codec/decode', { payloads: [] }, { authorization: '', cookie, ...headers });
    expect((await decode({ origin: ui, 'sec-fetch-site': 'same-site' })).status).toBe(200);
    expect((await decode({ origin: 'http://evil.example' })).status).toBe(403);
    expect((await decode({})).status).toBe(403);
    // On a developer's own machine, where the key is the local one, the Web UI needs no session.
    expect((await decode({ cookie: '', origin: ui })).status).toBe(200);
    expect((await decode({ cookie: '', origin: 'http://evil.example' })).status).toBe(401);
    expect((await decode({ cookie: '' })).status).toBe(401);
    // The session is only for the codec there.
    const elsewhere = await service.request(
      'PUT',
      '/api/stock/tea',
      { available: 1 },
      { authorization: '', cookie, origin: ui },
    );
    expect(elsewhere.status).toBe(403);
  });

  function toBase64(bytes: ArrayLike<number>): string {
    return Buffer.from(Uint8Array.from(bytes)).toString('base64');
  }
});

describe('a process with the wrong keys', () => {
  const other = useService({ workers: false });
  const logger = pino({ level: 'silent' });
  const { signal } = new AbortController();
  beforeEach(() => other.db.deleteFrom('payloadKeys').execute());

  it('is detected before it takes a task', async () => {
    const ring = parseKeyRing(payloadKeys);
    expect(await checkPayloadKeys(other.db, undefined)).toEqual([]);
    expect(await checkPayloadKeys(other.db, ring)).toEqual([]);
    expect(await checkPayloadKeys(other.db, parseKeyRing(`${key('k2')},${payloadKeys}`))).toEqual([]);
    const [first, second] = await checkPayloadKeys(other.db, undefined);
    expect(first).toMatch(/has no key "k1"/);
    expect(second).toMatch(/has no key "k2"/);
    expect((await checkPayloadKeys(other.db, parseKeyRing(key('k1'))))[0]).toMatch(/is not the key of/);
    await expect(requirePayloadKeys(other.db, ring, { logger, signal })).rejects.toThrow('has no key "k2"');
  });

  it('does not start: neither a worker nor an API, and says why', async () => {
    await checkPayloadKeys(other.db, parseKeyRing(key('k3')));
    for (const [script, env] of [
      ['worker/main.ts', { SMTP_URL: other.mail.url, STRIPE_API_KEY: 'sk_test_x', WORKER_HEALTH_PORT: '0' }],
      ['api/main.ts', { API_PORT: '0', API_METRICS_PORT: '0' }],
    ] as const) {
      const wrong = key('k3');
      const { code, out } = await runCommand(other, script, [], {
        NODE_ENV: 'test',
        PAYLOAD_KEYS: wrong,
        ...env,
      });
      expect(code).toBe(1);
      expect(out).toContain('is not the key of that id');
      expect(out).not.toContain(wrong.slice(3));
    }
  });

  it('may do without a key again, once it is forgotten', async () => {
    const [old, next] = [key('old'), key('next')];
    const user = await register(other);
    const ring = parseKeyRing(old);
    await createSubjectKeys({ db: other.db, subjectOf: subjectOfJob, ring }, { encodeWaitMs: 0 }).ofWorkflow(
      user.jobId,
    );
    await checkPayloadKeys(other.db, ring);
    const command = (args: string[], PAYLOAD_KEYS = '') =>
      runCommand(other, 'packages/durable-jobs/src/cli/payload-keys-main.ts', args, { PAYLOAD_KEYS });
    expect((await command(['list'])).out).toMatch(
      /^old {2}last used at \S+Z {2}people whose keys it encrypts: 1\n$/,
    );
    const letUseEnd = () =>
      other.db
        .updateTable('payloadKeys')
        .set({ lastUsedAt: new Date(Date.now() - 600_000) })
        .execute();
    expect((await command(['forget', 'old'])).err).toContain('was in use at');
    await letUseEnd();
    expect(await command(['forget', 'old'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('rewrap') as unknown,
    });
    expect((await command(['rewrap'], `${next},${old}`)).out).toContain(
      'People\'s keys re-encrypted with "next": 1\n',
    );
    await letUseEnd();
    expect((await command(['forget', 'old'])).out).toContain('is forgotten');
    expect(await checkPayloadKeys(other.db, undefined)).not.toContainEqual(expect.stringContaining('"old"'));
    expect(
      (
        await createSubjectKeys(
          { db: other.db, subjectOf: subjectOfJob, ring: parseKeyRing(next) },
          { encodeWaitMs: 0 },
        ).ofWorkflow(user.jobId)
      )?.key,
    ).toHaveLength(32);
  });
});

/** The ids of the keys that a history is encrypted with. */
async function keyIds(of: Service, jobId: string): Promise<string[]> {
  const history = await withoutKey(of, (client) => client.workflow.getHandle(jobId).fetchHistory());
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    if ('metadata' in value && 'data' in value && isEncrypted(value as Payload)) {
      found.add(Buffer.from((value as Payload).metadata?.['encryption-key-id'] ?? []).toString());
    }
    for (const field of Object.values(value)) look(field);
  };
  look(history);
  return [...found];
}
