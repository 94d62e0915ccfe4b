import { describe, expect, it } from 'vitest';
import { callAcrossRuns } from './between-runs.ts';

const failure = (code: number, message: string): Error => Object.assign(new Error(message), { code });
const absent = failure(5, 'Worker Deployment not found');
const between = failure(9, 'Workflow task is not scheduled yet.');
const refused = failure(9, 'the namespace is being deleted');

/** Describes with these responses, one after another; the last one repeats. Returns what is found, and how many times the engine was asked. */
async function describeWith(...responses: unknown[]): Promise<{ found: unknown; asked: number }> {
  let asked = 0;
  const found = await callAcrossRuns(
    () => {
      const response = responses[Math.min(asked++, responses.length - 1)];
      return response instanceof Error ? Promise.reject(response) : Promise.resolve(response);
    },
    { retryMs: 1 },
  );
  return { found, asked };
}

describe('a deployment or a version', () => {
  it.each<[string, unknown[]]>([
    ['is described between two runs', [between, between, 'it']],
    ['is not absent because the engine says so for a moment', [absent, 'it']],
    ['is not absent because the engine says so at two moments', [absent, absent, between, absent, 'it']],
  ])('%s', async (_what, responses) => {
    expect(await describeWith(...responses)).toEqual({ found: 'it', asked: responses.length });
  });

  it('is absent if the engine says so three times in a row', async () => {
    expect(await describeWith(absent)).toEqual({ found: undefined, asked: 3 });
    const betweens = Array.from({ length: 7 }, () => between);
    expect(await describeWith(...betweens, absent)).toEqual({ found: undefined, asked: 10 });
  });

  it('is not described if the engine refuses, or has no run for long', async () => {
    await expect(describeWith(absent, refused)).rejects.toBe(refused);
    await expect(describeWith(between)).rejects.toBe(between);
  });
});
