import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../config/config.ts';
import { declare } from './declare.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Returns the problems of a configuration. */
function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the job callHttp', () => {
  it('is available if there are targets, from the options or a file', async () => {
    expect(declare({}, {}).jobs.has('callHttp')).toBe(false);
    const targets = { crm: { url: 'https://example.com/hooks', secret } };
    expect(declare({ httpTargets: targets }, {}).jobs.has('callHttp')).toBe(true);
    const file = join(await mkdtemp(join(tmpdir(), 'targets-')), 'targets.json');
    await writeFile(file, JSON.stringify(targets));
    const { jobs } = declare({}, { HTTP_TARGETS_FILE: file });
    expect(jobs.get('callHttp').input.safeParse({ target: 'crm' }).success).toBe(true);
    expect(jobs.get('callHttp').input.safeParse({ target: 'erp' }).success).toBe(false);
  });

  it('says everything that is wrong with its targets', () => {
    const targets = { crm: { url: undefined, secret: 'short' }, erp: { url: 'ftp://example.com', secret } };
    expect(problemsOf(() => declare({ httpTargets: targets }, {}))).toEqual([
      'httpTargets.crm.url: is missing',
      expect.stringMatching(/^httpTargets\.crm\.secret: must be `whsec_`/),
      expect.stringMatching(/^httpTargets\.erp\.url: /),
    ]);
    expect(problemsOf(() => declare({}, { HTTP_TARGETS_FILE: '/nowhere/targets.json' }))).toEqual([
      expect.stringMatching(/^HTTP_TARGETS_FILE: ENOENT/),
    ]);
  });
});

describe('an application', () => {
  it("has the library's jobs and services, and a service for each consumer", () => {
    const { jobs, services, queues } = declare(
      {
        consumers: [
          {
            id: 'invoice-consumer',
            description: 'Takes invoices.',
            queue: 'invoices',
            body: z.object({}),
            handle: () => Promise.resolve([]),
          },
        ],
      },
      {},
    );
    expect(jobs.types).toContain('processBulk');
    expect(services.ids).toEqual(expect.arrayContaining(['outbox-relay', 'invoice-consumer']));
    expect(queues).toEqual({ invoices: 'invoices' });
  });
});
