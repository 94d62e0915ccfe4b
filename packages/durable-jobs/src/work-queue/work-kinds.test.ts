import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkItem } from './define-work-item.ts';
import { createWorkItemBody, requeueWorkItemsBody } from './schemas.ts';
import { createWorkKinds, requireWork } from './work-kinds.ts';

const policy = {
  maximumAttempts: 3,
  initialIntervalMs: 1_000,
  backoffCoefficient: 2,
  maximumIntervalMs: 60_000,
  timeoutMs: 5_000,
};
const resizeImage = defineWorkItem({
  kind: 'resize-image',
  description: 'Resizes an image.',
  payload: z.strictObject({ imageId: z.uuid() }),
  policy,
});
const ping = defineWorkItem({
  kind: 'ping',
  description: 'Calls a service.',
  payload: z.strictObject({}),
  policy,
  perform: () => Promise.resolve(undefined),
});

describe('the kinds of work', () => {
  it('are those of the application, in its order', () => {
    const kinds = createWorkKinds([resizeImage, ping]);
    expect(kinds.kinds).toEqual(['resize-image', 'ping']);
    expect(kinds.find('ping')).toBe(ping);
    expect(kinds.get('ping')).toBe(ping);
    expect(kinds.find('constructor')).toBeUndefined();
    expect(() => kinds.get('constructor')).toThrow('The work item kind constructor does not exist.');
  });

  it('have code in a worker', () => {
    const declared = createWorkKinds([resizeImage, ping]);
    expect(() => requireWork(declared)).toThrow('The work item kind resize-image has no code to run.');
    const apply = () => Promise.resolve({ width: 80 });
    const kinds = declared.with([{ ...resizeImage, apply }]);
    expect(() => requireWork(kinds)).not.toThrow();
    expect(kinds.kinds).toEqual(declared.kinds);
  });

  it.each(['a', 'resize-image-2', 'a'.repeat(100)])('may be named %s', (kind) => {
    expect(createWorkKinds([{ ...ping, kind }]).kinds).toEqual([kind]);
  });

  it.each(['', '9-lives', 'Ping', 'pingPong', 'ping pong', '-ping', 'a'.repeat(101)])(
    'must not be named "%s"',
    (kind) => {
      expect(() => createWorkKinds([{ ...ping, kind }])).toThrow(
        `The work item kind "${kind}" must be 1 to 100 lower-case letters, digits or dashes, beginning with a letter.`,
      );
    },
  );

  it('may have a function for several items beside the one for each', () => {
    const apply = () => Promise.resolve(undefined);
    const applyAll = () => Promise.resolve([]);
    expect(createWorkKinds([{ ...resizeImage, apply, applyAll }]).kinds).toEqual(['resize-image']);
  });

  it('are refused if they contradict one another', () => {
    expect(() => createWorkKinds([ping, ping])).toThrow('ping is defined twice');
    expect(() => createWorkKinds([{ ...ping, kind: "ping'" }])).toThrow('must be 1 to 100');
    expect(() => createWorkKinds([{ ...ping, apply: () => Promise.resolve(undefined) }])).toThrow(
      'The work item kind ping must have apply or perform, not both.',
    );
    expect(() => createWorkKinds([{ ...ping, applyAll: () => Promise.resolve([]) }])).toThrow(
      'The work item kind ping has applyAll and must have apply, too.',
    );
    expect(() => createWorkKinds([ping]).with([resizeImage])).toThrow('resize-image is not declared');
  });
});

describe('the request to enqueue an item', () => {
  const kinds = createWorkKinds([resizeImage, ping]);
  const imageId = '6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10';

  it('has the payload of its kind', () => {
    const body = createWorkItemBody(kinds);
    expect(body.parse({ kind: 'resize-image', payload: { imageId } })).toMatchObject({
      payload: { imageId },
    });
    expect(body.safeParse({ kind: 'ping', payload: { imageId } }).success).toBe(false);
    expect(body.safeParse({ kind: 'other', payload: {} }).error?.message).toContain(
      'must be resize-image or ping',
    );
  });

  it('names a kind that there is, to requeue its dead items', () => {
    const body = requeueWorkItemsBody(kinds);
    expect(body.parse({ kind: 'ping' })).toEqual({ kind: 'ping' });
    expect(body.safeParse({ kind: 'other' }).success).toBe(false);
  });
});
