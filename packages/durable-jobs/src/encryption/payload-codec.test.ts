import fc from 'fast-check';
import { randomBytes, randomUUID } from 'node:crypto';
import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureTypes } from '../engine/failure-types.ts';
import { parseKeyRing } from '../values/key-ring.ts';
import { createPayloadCodec, ERASED, isCurrent, UNREADABLE, type CodecBehaviour } from './payload-codec.ts';
import type { PayloadPolicy } from '../config/payload-policy.ts';
import { noSubjectKeys, type SubjectKeys } from './subject-keys.ts';

const ring = parseKeyRing(['k1', 'k2'].map((id) => `${id}:${randomBytes(32).toString('base64')}`).join());

const codecWith = (policy: PayloadPolicy, unreadable: CodecBehaviour['unreadable'] = 'failure') =>
  createPayloadCodec({ ring, subjectKeys: noSubjectKeys }, { unreadable, policy });
const codec = codecWith('any');

const workflow = (workflowId: string, namespace = 'shop'): SerializationContext => ({
  type: 'workflow',
  namespace,
  workflowId,
});
const activity = (workflowId: string, activityId: string): SerializationContext => ({
  type: 'activity',
  namespace: 'shop',
  workflowId,
  activityId,
  isLocal: false,
});

const plain = defaultPayloadConverter.toPayload('hello');

async function encoded(place?: SerializationContext, policy: PayloadPolicy = 'any'): Promise<Payload> {
  const [payload] = await codecWith(policy).encode([plain], place);
  if (!payload) throw new Error('nothing was encoded');
  return payload;
}

async function decoded(payload: Payload, place?: SerializationContext, by = codec): Promise<unknown> {
  const [clear] = await by.decode([payload], place);
  return defaultPayloadConverter.fromPayload(clear ?? {});
}

const refused = { type: failureTypes.payloadRefused, nonRetryable: false };
const changed = { type: failureTypes.payloadKeyMissing };

describe('a payload in another place than its own', () => {
  it.each([
    ['another workflow', workflow('a'), workflow('b')],
    ['another activity of the same workflow', activity('a', '1'), activity('a', '2')],
    ['an activity of another workflow', activity('a', '1'), activity('b', '1')],
    ['an activity of its workflow', workflow('a'), activity('a', '1')],
    ['the workflow of its activity', activity('a', '1'), workflow('a')],
    ['another namespace', workflow('a'), workflow('a', 'staging')],
    ['a run of another schedule', workflow('sync:a'), workflow('sync:b-2026-03-01T02:00:00Z')],
    ['the action of its schedule', workflow('sync:a-2026-03-01T02:00:00Z'), workflow('sync:a')],
    ['a name that only looks like a run', workflow('sync:a'), workflow('sync:a-2026-03-01T02:00:00.5Z')],
    ['a child of its workflow', workflow('a'), workflow('a:1')],
    ['a child of a run', workflow('sync:a'), workflow('sync:a-2026-03-01T02:00:00Z:1')],
  ])('is refused in %s', async (_what, own, other) => {
    const payload = await encoded(own);
    await expect(decoded(payload, other)).rejects.toMatchObject(refused);
    expect(await decoded(payload, own)).toBe('hello');
  });

  it('is refused in words that name both places', async () => {
    await expect(decoded(await encoded(activity('a', '1')), workflow('b'))).rejects.toThrow(
      'it belongs to activity 1 of workflow a of namespace shop but was found in workflow b of namespace shop',
    );
  });

  it('is refused in words that name what is known of a place', async () => {
    const moved = decoded(await encoded(workflow('a')), {
      type: 'activity',
    } as unknown as SerializationContext);
    await expect(moved).rejects.toThrow(
      'it belongs to workflow a of namespace shop but was found in activity of unknown id',
    );
    const nowhere = decoded(await encoded(activity('a', '1')), {
      type: 'workflow',
    } as unknown as SerializationContext);
    await expect(nowhere).rejects.toThrow(/was found in an unknown place$/);
  });

  it('is not refused where less is known of the place', async () => {
    const payload = await encoded(activity('a', '1'));
    for (const place of [{ namespace: 'shop' }, { workflowId: 'a' }, { activityId: '1' }])
      expect(await decoded(payload, place as unknown as SerializationContext)).toBe('hello');
  });

  it.each([
    ['a run of its schedule', workflow('sync:a'), workflow('sync:a-2026-03-01T02:00:00Z')],
    [
      'the next run of its schedule, as the last result',
      workflow('sync:a-2026-03-01T02:00:00Z'),
      workflow('sync:a-2026-03-02T02:00:00Z'),
    ],
    ['a list, which knows no place', workflow('a'), undefined],
    ['a workflow, where nobody knew its place', undefined, workflow('a')],
  ])('is none in %s', async (_what, own, other) => {
    expect(await decoded(await encoded(own), other)).toBe('hello');
  });
});

describe('a payload that was changed', () => {
  const withMetadata = (payload: Payload, name: string, value: string): Payload => ({
    ...payload,
    metadata: { ...payload.metadata, [name]: Buffer.from(value) },
  });

  it('is refused if its tag is truncated or a bit was changed', async () => {
    const payload = await encoded(workflow('a'));
    const data = Buffer.from(payload.data ?? []);
    for (const bytes of [1, 4, 12]) {
      await expect(decoded({ ...payload, data: data.subarray(0, -bytes) })).rejects.toMatchObject(changed);
    }
    for (const at of [0, 12, data.length - 1]) {
      const other = Buffer.from(data);
      other.writeUInt8(other.readUInt8(at) ^ 1, at);
      await expect(decoded({ ...payload, data: other })).rejects.toMatchObject(changed);
    }
  });

  it('is refused if its place was changed or removed', async () => {
    const payload = await encoded(workflow('a'));
    const [other] = await codec.encode([plain], workflow('b'));
    const place = Buffer.from(other?.metadata?.['encryption-place'] ?? []).toString();
    expect(place).toContain('"workflowId":"b"');
    const rest = { ...payload.metadata };
    delete rest['encryption-place'];
    for (const forged of [
      withMetadata(payload, 'encryption-place', place),
      withMetadata(payload, 'encryption-place', '{}'),
      { ...payload, metadata: rest },
    ]) {
      await expect(decoded(forged, workflow('b'))).rejects.toMatchObject(changed);
    }
  });

  it('is refused if it names another key, or the older form', async () => {
    const payload = await encoded(workflow('a'));
    await expect(decoded(withMetadata(payload, 'encryption-key-id', 'k2'))).rejects.toMatchObject(changed);
    await expect(
      decoded(withMetadata(payload, 'encoding', 'binary/encrypted'), workflow('b')),
    ).rejects.toMatchObject(changed);
    const older = await encoded(workflow('a'), 'unbound');
    await expect(
      decoded(withMetadata(older, 'encoding', 'binary/encrypted-v2'), workflow('a')),
    ).rejects.toMatchObject(changed);
  });
});

describe('PAYLOAD_ENCRYPTION', () => {
  it.each([
    ['any', { plain: true, unbound: true, bound: true }],
    ['unbound', { plain: true, unbound: true, bound: true }],
    ['encrypted', { plain: false, unbound: true, bound: true }],
    ['bound', { plain: false, unbound: false, bound: true }],
  ] as const)('%s', async (policy, takes) => {
    const payloads = {
      plain,
      unbound: await encoded(workflow('a'), 'unbound'),
      bound: await encoded(workflow('a')),
    };
    for (const [form, payload] of Object.entries(payloads)) {
      const reading = decoded(payload, workflow('a'), codecWith(policy));
      if (takes[form as keyof typeof takes]) expect(await reading).toBe('hello');
      else await expect(reading).rejects.toMatchObject(refused);
      // A payload that is read for people must not hide the rest of its page.
      const shown = await decoded(payload, workflow('a'), codecWith(policy, 'placeholder'));
      expect(shown).toBe(takes[form as keyof typeof takes] ? 'hello' : UNREADABLE);
    }
  });

  it('unbound continues to write payloads that builds before 0.2.0 can read, and treats newer ones as current', async () => {
    const older = await encoded(workflow('a'), 'unbound');
    expect(Object.keys(older.metadata ?? {})).toEqual(['encoding', 'encryption-key-id']);
    expect(Buffer.from(older.metadata?.encoding ?? []).toString()).toBe('binary/encrypted');
    const newer = await encoded(workflow('a'));
    expect(codecWith('unbound').isCurrent(newer)).toBe(true);
    expect(codec.isCurrent(newer)).toBe(true);
    expect(codec.isCurrent(older)).toBe(false);
  });

  it('shows what it refuses to work with, and refuses it afterwards all the same', async () => {
    const bound = codecWith('bound', 'placeholder');
    const older = await encoded(workflow('a'), 'unbound');
    const newer = await encoded(workflow('a'));
    for (const payload of [older, newer]) await bound.reveal(payload, workflow('a'));
    expect(defaultPayloadConverter.fromPayload(older)).toBe('hello');
    expect(defaultPayloadConverter.fromPayload(newer)).toBe('hello');
    expect(await decoded(older, workflow('a'), bound)).toBe(UNREADABLE);
    expect(await decoded(newer, workflow('a'), bound)).toBe('hello');
    const moved = await encoded(workflow('a'));
    await bound.reveal(moved, workflow('b'));
    expect(defaultPayloadConverter.fromPayload(moved)).toBe(UNREADABLE);
  });
});

describe('a payload of a person', () => {
  const id = randomUUID();
  const withKeys = (keys: Partial<SubjectKeys>, unreadable: CodecBehaviour['unreadable'] = 'failure') =>
    createPayloadCodec({ ring, subjectKeys: { ...noSubjectKeys, ...keys } }, { unreadable, policy: 'any' });
  const key = randomBytes(32);
  const own = {
    ofWorkflow: (workflowId: string | undefined) =>
      Promise.resolve(workflowId === 'ada' ? { id, key } : undefined),
    byId: (asked: string) => Promise.resolve(asked === id ? key : undefined),
  };
  const sealed = async (): Promise<Payload> => {
    const [payload] = await withKeys(own).encode([plain], workflow('ada'));
    return payload ?? {};
  };

  it('is encrypted with the key of that person, which the payload names', async () => {
    const payload = await sealed();
    expect(Buffer.from(payload.metadata?.['encryption-key-id'] ?? []).toString()).toBe(`subject:${id}`);
    expect(await decoded(payload, workflow('ada'), withKeys(own))).toBe('hello');
    const other = withKeys({ ...own, byId: () => Promise.resolve(randomBytes(32)) });
    await expect(decoded(payload, workflow('ada'), other)).rejects.toMatchObject(changed);
    // The ring would decrypt it if it had encrypted it.
    await expect(decoded(await encoded(workflow('ada')), workflow('ada'), withKeys(own))).resolves.toBe(
      'hello',
    );
  });

  it('is shown as erased once the key is destroyed, and fails for good where it is worked with', async () => {
    const gone = { byId: () => Promise.resolve(undefined) };
    const payload = await sealed();
    expect(ERASED).toBe('[erased]');
    expect(await decoded(payload, workflow('ada'), withKeys(gone, 'placeholder'))).toBe('[erased]');
    await expect(decoded(payload, workflow('ada'), withKeys(gone))).rejects.toMatchObject({
      type: failureTypes.subjectErased,
      message: 'the person that this payload belonged to was erased',
      nonRetryable: true,
    });
  });

  it('names a key that no one looks up if its id was made up', async () => {
    const asked: string[] = [];
    const byId = (one: string) => {
      asked.push(one);
      return Promise.resolve(undefined);
    };
    const reader = withKeys({ byId }, 'placeholder');
    const naming = async (made: string): Promise<unknown> => {
      const payload = await sealed();
      const metadata = { ...payload.metadata, 'encryption-key-id': Buffer.from(`subject:${made}`) };
      return decoded({ ...payload, metadata }, workflow('ada'), reader);
    };
    for (const made of [
      '',
      'x',
      `x${id}`,
      `${id}x`,
      id.replace('-', ''),
      id.replace(/.$/, 'g'),
      'g' + id.slice(1),
    ])
      expect(await naming(made)).toBe('[erased]');
    expect(asked).toEqual([]);
    await naming(id.toUpperCase());
    expect(asked).toEqual([id.toUpperCase()]);
  });

  it('is current with any key of a person, in the current form', async () => {
    expect(withKeys(own).isCurrent(await sealed())).toBe(true);
    expect(codec.isCurrent(plain)).toBe(false);
    const turned = parseKeyRing(`k3:${randomBytes(32).toString('base64')}`);
    const after = createPayloadCodec(
      { ring: turned, subjectKeys: noSubjectKeys },
      { unreadable: 'failure', policy: 'any' },
    );
    expect(after.isCurrent(await encoded(workflow('a')))).toBe(false);
    expect(isCurrent([after], await encoded(workflow('a')))).toBe(false);
    expect(isCurrent([codec], await encoded(workflow('a')))).toBe(true);
    // Without a codec of this service, what is in plaintext is current.
    expect(isCurrent([], plain)).toBe(true);
    expect(
      isCurrent([{ encode: (all) => Promise.resolve(all), decode: (all) => Promise.resolve(all) }], plain),
    ).toBe(true);
    expect(isCurrent([], await encoded(workflow('a')))).toBe(false);
  });
});

describe('a payload whose key the process lacks', () => {
  it('is refused in words that name the key', async () => {
    const [k2] = await createPayloadCodec(
      { ring: parseKeyRing(`k9:${randomBytes(32).toString('base64')}`), subjectKeys: noSubjectKeys },
      { unreadable: 'failure', policy: 'any' },
    ).encode([plain], workflow('a'));
    await expect(decoded(k2 ?? {}, workflow('a'))).rejects.toMatchObject({
      ...changed,
      message:
        'a payload is encrypted with the key "k9", which PAYLOAD_KEYS of this process does not contain',
    });
    expect(UNREADABLE).toBe('[unreadable here]');
    expect(await decoded(k2 ?? {}, workflow('a'), codecWith('any', 'placeholder'))).toBe('[unreadable here]');
  });

  it('is refused with the cause if a key of the same id is another one', async () => {
    const payload = await encoded(workflow('a'));
    const data = Buffer.from(payload.data ?? []);
    data.writeUInt8(data.readUInt8(20) ^ 1, 20);
    await expect(decoded({ ...payload, data }, workflow('a'))).rejects.toMatchObject({
      ...changed,
      message:
        'a payload cannot be decrypted: the key "k1" of this process differs, or the payload was changed',
      cause: expect.any(Error) as unknown,
    });
  });

  it('is not hidden by another kind of failure', async () => {
    const failing = createPayloadCodec(
      { ring, subjectKeys: { ...noSubjectKeys, byId: () => Promise.reject(new Error('gone')) } },
      { unreadable: 'placeholder', policy: 'any' },
    );
    const metadata = {
      encoding: Buffer.from('binary/encrypted'),
      'encryption-key-id': Buffer.from(`subject:${randomUUID()}`),
    };
    await expect(failing.decode([{ metadata, data: Buffer.alloc(40) }])).rejects.toThrow('gone');
  });
});

describe('a payload that an earlier release stored', () => {
  const ring = parseKeyRing(`k1:${Buffer.alloc(32, 7).toString('base64')}`);
  const stored = (encoding: string, data: string, more = {}): Payload => ({
    metadata: { encoding: Buffer.from(encoding), 'encryption-key-id': Buffer.from('k1'), ...more },
    data: Buffer.from(data, 'base64'),
  });

  it.each([
    [
      'without its place',
      stored(
        'binary/encrypted',
        '9Phrf0TCQSnTLlPD3e7IuMpz+Trv5MN5k79HxHTHgFePbrdVOzNd+6xtlc2N2y5Msck1E/QGKLZH+CTdsw==',
      ),
    ],
    [
      'with its place',
      stored(
        'binary/encrypted-v2',
        'fL5YX2odQOg1FCM4akIfPXluQGQrpkPmpeJWTVswfOwORb8dQRyJlRlCP0vQFBuI/3TtXbtG9CNKc+YIfQ==',
        { 'encryption-place': Buffer.from('{"namespace":"shop","type":"workflow","workflowId":"a"}') },
      ),
    ],
  ])('%s can be read', async (_what, payload) => {
    const reader = createPayloadCodec(
      { ring, subjectKeys: noSubjectKeys },
      { unreadable: 'failure', policy: 'any' },
    );
    expect(await decoded(payload, workflow('a'), reader)).toBe('hello');
  });

  it('may have no metadata at all', async () => {
    const [clear] = await codec.decode([{ data: Buffer.from('x') }]);
    expect(clear).toEqual({ data: Buffer.from('x') });
    expect(codec.isCurrent({})).toBe(false);
  });
});

describe('any payload', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const payloads = fc.record({
    metadata: fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,12}$/), bytes),
    data: bytes,
  });

  it('comes back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, fc.string(), async (payload, id) => {
        const [sealed] = await codec.encode([payload], workflow(id));
        expect(
          Buffer.from(sealed?.data ?? []).includes(Buffer.from(payload.data)) && payload.data.length > 8,
        ).toBe(false);
        const [clear] = await codec.decode([sealed ?? {}], workflow(id));
        expect(Object.keys(clear?.metadata ?? {}).sort()).toEqual(Object.keys(payload.metadata).sort());
        for (const [name, value] of Object.entries(payload.metadata))
          expect(Buffer.from(clear?.metadata?.[name] ?? []).equals(value)).toBe(true);
        expect(Buffer.from(clear?.data ?? []).equals(payload.data)).toBe(true);
      }),
    );
  });

  it('is refused if any bit of its data was changed', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, fc.nat(), fc.integer({ min: 0, max: 7 }), async (payload, at, bit) => {
        const [sealed] = await codec.encode([payload], workflow('a'));
        const data = Buffer.from(sealed?.data ?? []);
        const place = at % data.length;
        data.writeUInt8(data.readUInt8(place) ^ (1 << bit), place);
        await expect(codec.decode([{ ...sealed, data }], workflow('a'))).rejects.toMatchObject(changed);
      }),
    );
  });

  it('that says it is encrypted and is not is refused, whatever it contains', async () => {
    await fc.assert(
      fc.asyncProperty(
        payloads,
        fc.constantFrom('binary/encrypted', 'binary/encrypted-v2'),
        async (payload, form) => {
          const forged = { ...payload, metadata: { ...payload.metadata, encoding: Buffer.from(form) } };
          await expect(codec.decode([forged], workflow('a'))).rejects.toMatchObject({ nonRetryable: false });
        },
      ),
    );
  });
});
