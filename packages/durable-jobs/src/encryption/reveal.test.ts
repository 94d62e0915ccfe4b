import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { parseKeyRing } from '../values/key-ring.ts';
import { createPayloadCodec } from './payload-codec.ts';
import type { Place } from './place.ts';
import { encryptedPayloads, revealPayloads } from './reveal.ts';
import { noSubjectKeys } from './subject-keys.ts';

const ring = parseKeyRing(`k1:${randomBytes(32).toString('base64')}`);
const codec = createPayloadCodec(
  { ring, subjectKeys: noSubjectKeys },
  { unreadable: 'placeholder', policy: 'bound' },
);

async function sealed(place: Place, value: unknown = 'hello'): Promise<Payload> {
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload(value)], place);
  return payload ?? {};
}

const about: Place = { namespace: 'shop', type: 'workflow', workflowId: 'a' };
const activity = (activityId?: string): Place => ({ ...about, type: 'activity', activityId });
const workflow = (workflowId: string, namespace = 'shop'): Place => ({
  namespace,
  type: 'workflow',
  workflowId,
});

const event = (attributes: object) => ({ eventId: '5', eventType: 10, ...attributes });
const pending = { activityId: '7', activityType: { name: 'charge' } };

/** Parts of a response, each with a payload of `own`, its place. */
const parts: [string, (payload: Payload) => object, Place][] = [
  [
    'an event of the workflow',
    (input) => event({ workflowExecutionStartedEventAttributes: { input } }),
    about,
  ],
  [
    'the event that schedules an activity',
    (input) => event({ activityTaskScheduledEventAttributes: { ...pending, input } }),
    activity('7'),
  ],
  [
    'the event of the end of an activity, which does not name it',
    (result) => event({ activityTaskCompletedEventAttributes: { result } }),
    activity('7'),
  ],
  [
    'a marker of a local activity',
    (details) => event({ markerRecordedEventAttributes: { details } }),
    activity('7'),
  ],
  ['a pending activity', (heartbeatDetails) => ({ ...pending, heartbeatDetails }), activity('7')],
  [
    'the start of a child',
    (input) =>
      event({
        startChildWorkflowExecutionInitiatedEventAttributes: { namespace: '', workflowId: 'a:1', input },
      }),
    workflow('a:1'),
  ],
  [
    'the end of a child',
    (result) =>
      event({
        childWorkflowExecutionCompletedEventAttributes: { workflowExecution: { workflowId: 'a:1' }, result },
      }),
    workflow('a:1'),
  ],
  [
    'a signal to a workflow of another namespace',
    (input) =>
      event({
        signalExternalWorkflowExecutionInitiatedEventAttributes: {
          namespace: 'till',
          workflowExecution: { workflowId: 'b' },
          input,
        },
      }),
    workflow('b', 'till'),
  ],
];

const textsIn = async (part: object): Promise<unknown[]> => {
  const found = encryptedPayloads(part);
  await revealPayloads({ history: { events: [null, part] } }, codec, about);
  return found.map((payload) => defaultPayloadConverter.fromPayload(payload));
};

describe('a payload in a response of the engine', () => {
  it.each(parts)('is decrypted in place in %s', async (_what, part, own) => {
    expect(await textsIn(part(await sealed(own)))).toEqual(['hello']);
  });

  it.each(parts)('is not shown if it belongs elsewhere than in %s', async (_what, part, own) => {
    const other = [...parts.map(([, , place]) => place), workflow('c')].filter(
      (place) => place.type !== own.type || place.workflowId !== own.workflowId,
    );
    for (const place of other)
      expect(await textsIn(part(await sealed(place)))).toEqual(['[unreadable here]']);
  });

  it('is not shown in another activity, if the response names the activity', async () => {
    for (const part of [parts[1], parts[4]])
      expect(await textsIn(part?.[1](await sealed(activity('8'))) ?? {})).toEqual(['[unreadable here]']);
  });

  it('is of the workflow in what is not an event, although it has a name like one', async () => {
    for (const part of [
      { activityTaskCompletedEventAttributes: { result: await sealed(about) } },
      { eventId: '5', activityTaskCompletedEventAttributes: { result: await sealed(about) } },
      { eventType: 5, activityTaskCompletedEventAttributes: { result: await sealed(about) } },
      { activityId: '5', input: await sealed(about) },
      event({ activityTaskCompletedEventAttributes: null, other: { input: await sealed(about) } }),
      event({ xActivityTask: { input: await sealed(about) }, xmarkerRecorded: { activityId: '5' } }),
    ])
      expect(await textsIn(part)).toEqual(['hello']);
  });

  it('remains as it is in plaintext', async () => {
    const plain = defaultPayloadConverter.toPayload('hello');
    const answer = event({ workflowExecutionStartedEventAttributes: { input: { payloads: [plain] } } });
    const before = structuredClone(answer);
    expect(encryptedPayloads(answer)).toEqual([]);
    expect(await revealPayloads(answer, codec, about)).toEqual(before);
  });

  it('is recognized by its bytes and metadata alone', () => {
    const encoding = Buffer.from('binary/encrypted');
    for (const none of [
      { data: 'text', metadata: { encoding } },
      { data: Buffer.from('x'), metadata: null },
      { data: Buffer.from('x') },
      { metadata: { encoding } },
      { data: Buffer.from('x'), metadata: 'text' },
      encoding,
      null,
      undefined,
      'text',
    ])
      expect(encryptedPayloads({ none })).toEqual([]);
    expect(encryptedPayloads({ some: [{ data: Buffer.from('x'), metadata: { encoding } }] })).toHaveLength(1);
  });
});

describe('a failure in a response of the engine', () => {
  const failureWith = async (attributes: unknown) => ({
    message: 'Encoded failure',
    stackTrace: 'none',
    encodedAttributes: await sealed(about, attributes),
  });

  it('gets its message and stack back, and so does its cause', async () => {
    const failure = {
      ...(await failureWith({ message: 'the card was refused', stack_trace: 'at charge' })),
      cause: await failureWith({ message: 'declined', stack_trace: 7 }),
    };
    await revealPayloads({ failure }, codec, about);
    expect(failure).toEqual({
      message: 'the card was refused',
      stackTrace: 'at charge',
      encodedAttributes: null,
      cause: { message: 'declined', stackTrace: '', encodedAttributes: null },
    });
  });

  it('has as its message what replaces attributes that cannot be read', async () => {
    const encodedAttributes = await sealed(workflow('b'), { message: 'secret', stack_trace: '' });
    const failure = { message: 'Encoded failure', stackTrace: 'none', encodedAttributes };
    await revealPayloads({ failure }, codec, about);
    expect(failure).toEqual({ message: '[unreadable here]', stackTrace: '', encodedAttributes: null });
  });

  it('without attributes remains as it is', async () => {
    const failure = { message: 'the card was refused', stackTrace: 'at charge', encodedAttributes: null };
    expect(await revealPayloads({ failure: { ...failure } }, codec, about)).toEqual({ failure });
  });
});
