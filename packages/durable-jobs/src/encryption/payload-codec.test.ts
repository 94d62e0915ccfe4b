import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureTypes } from '../engine/failure-types.ts';
import { parseKeyRing } from '../values/key-ring.ts';
import { createPayloadCodec, UNREADABLE, type CodecBehaviour } from './payload-codec.ts';
import type { PayloadPolicy } from '../config/payload-policy.ts';
import { noSubjectKeys } from './subject-keys.ts';

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
