import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { walkParts, type Walk } from './walk-parts.ts';

/** Walks through two alphabets of two letters, and notes what is done. */
async function walkAll(
  env: MockActivityEnvironment,
  { done = [] as string[], fails = (_what: string): boolean => false } = {},
): Promise<string> {
  const note = (what: string): void => {
    if (fails(what)) throw new Error(`failed at ${what}`);
    done.push(what);
  };
  const letters =
    (first: string, second: string): Walk<string> =>
    (run) =>
    ({ after, count }) => {
      const letter = after === null ? first : second;
      note(`${run}${letter}`);
      return Promise.resolve({ checkpoint: { after: letter, count: count + 1 }, done: letter === second });
    };
  return env.run(() =>
    walkParts({
      begin: () => {
        note('begin');
        return Promise.resolve('run ');
      },
      walks: [letters('a', 'b'), letters('α', 'β')],
      end: (counts) => {
        note('end');
        return Promise.resolve(counts.join());
      },
    }),
  );
}

const all = ['begin', 'run a', 'run b', 'run α', 'run β', 'end'];

/** An environment that notes its heartbeats. */
function beating(heartbeatDetails?: unknown): { env: MockActivityEnvironment; beats: unknown[] } {
  // Failures of attempts would be logged as warnings.
  const env = new MockActivityEnvironment({ heartbeatDetails }, { logger: new DefaultLogger('ERROR') });
  const beats: unknown[] = [];
  env.on('heartbeat', (details: unknown) => beats.push(details));
  return { env, beats };
}

describe('walks one after another', () => {
  it('begin, walk and end, and tell where they are', async () => {
    const { env, beats } = beating();
    const done: string[] = [];
    expect(await walkAll(env, { done })).toBe('2,2');
    expect(done).toEqual(all);
    expect(beats).toEqual([
      { part: 0, after: 'a', counts: [1, 0] },
      { part: 1, after: null, counts: [2, 0] },
      { part: 1, after: 'α', counts: [2, 1] },
      { part: 2, after: null, counts: [2, 2] },
      { part: 2, after: null, counts: [2, 2] },
    ]);
  });

  it.each(['run a', 'run b', 'run α', 'run β', 'end'])(
    'continue where an attempt failed: at %s',
    async (failing) => {
      const first = beating();
      const done: string[] = [];
      const failed = walkAll(first.env, { done, fails: (what) => what === failing });
      await expect(failed).rejects.toThrow(`failed at ${failing}`);
      expect(await walkAll(beating(first.beats.at(-1)).env, { done })).toBe('2,2');
      // Each attempt begins; nothing else is repeated.
      expect(done).toEqual([
        ...all.slice(0, all.indexOf(failing)),
        'begin',
        ...all.slice(all.indexOf(failing)),
      ]);
    },
  );

  it.each([
    { part: 3, after: null, counts: [2, 2] },
    { part: 0, after: null, counts: [2] },
    { after: 'b', count: 2 },
  ])('start over if the position of another release is not theirs: %j', async (heartbeat) => {
    const done: string[] = [];
    expect(await walkAll(beating(heartbeat).env, { done })).toBe('2,2');
    expect(done).toEqual(all);
  });

  it('do not end if they are cancelled before', async () => {
    const { env } = beating();
    const done: string[] = [];
    env.on('heartbeat', ({ part }: { part: number }) => {
      if (part === 2) env.cancel();
    });
    await expect(walkAll(env, { done })).rejects.toBeInstanceOf(CancelledFailure);
    expect(done).toEqual(all.slice(0, -1));
  });
});
