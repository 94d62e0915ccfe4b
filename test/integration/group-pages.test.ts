import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { relationsOf } from '../../packages/durable-jobs/src/jobs/flow/groups.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
let program: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
  for (const group of ['import/<b>', 'second', 'third']) {
    for (const day of ['2026-01-01', '2026-01-02', '2026-01-03']) {
      await program.query(
        `SELECT durable_jobs.enqueue('runDailyReport', $1, dedupe_key => $2, group_id => $3)`,
        [JSON.stringify({ day }), `${group}-${day}`, group],
      );
    }
  }
  await program.query(
    `SELECT durable_jobs.complete_group('import/<b>', 'refreshStatistics', dedupe_key => 'after-import')`,
  );
});
afterAll(() => program.end());

async function page(path: string): Promise<string> {
  const answer = await fetch(service.url + path, {
    headers: { authorization: `Bearer ${LOCAL_API_KEY}`, accept: 'text/html' },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/html');
  return answer.text();
}
const first = `/api/groups/${encodeURIComponent('import/<b>')}`;

describe('groups of jobs', () => {
  it('are listed newest first, page by page', async () => {
    const { body } = await service.request('GET', '/api/groups?limit=2');
    expect(body).toMatchObject({
      items: [
        {
          id: 'third',
          state: 'open',
          counts: { total: 3, pending: 3 },
          links: { self: '/api/groups/third' },
        },
        { id: 'second' },
      ],
    });
    const { nextCursor } = body as { nextCursor: string };
    expect((await service.request('GET', `/api/groups?cursor=${nextCursor}`)).body).toMatchObject({
      items: [{ id: 'import/<b>', state: 'running', links: { self: first } }],
      nextCursor: null,
    });
    expect((await service.request('GET', '/api/groups?cursor=x')).status).toBe(400);
  });

  it('have a page that links to each of them, and to the next page', async () => {
    const html = await page('/api/groups?limit=2');
    expect(html).toContain('<a href="/api/groups/third">third</a>');
    expect(html).toMatch(/href="\/api\/groups\?limit=2&amp;cursor=\w+" rel="next"/);
    expect(await page('/api/groups')).toContain(`<a href="${first}">import/&lt;b&gt;</a>`);
  });

  it('have each a page with its counts, its jobs and the job that completes it', async () => {
    expect((await service.request('GET', first)).status).toBe(200);
    const html = await page(first);
    expect(html).toContain('<dt>pending</dt><dd>3</dd>');
    expect(html).toContain('<a href="/api/jobs/refresh-statistics:after-import">');
    expect(html).toContain('/api/jobs/run-daily-report:import%2F%3Cb%3E-2026-01-02">');
    expect(html).not.toContain('<b>');
  });

  it('are found by their jobs, by the jobs that complete them, and so are continuations', async () => {
    const member = 'run-daily-report:second-2026-01-01';
    await program.query(
      `SELECT durable_jobs.enqueue('refreshStatistics', dedupe_key => 'then', after_job => $1)`,
      [member],
    );
    expect(await relationsOf(service.db, member)).toEqual({
      groups: ['second'],
      continuations: ['refresh-statistics:then'],
    });
    expect(await relationsOf(service.db, 'refresh-statistics:after-import')).toMatchObject({
      groups: ['import/<b>'],
    });
  });

  it('answer 406 to those who accept neither JSON nor HTML', async () => {
    for (const path of ['/api/groups', first])
      expect((await service.request('GET', path, undefined, { accept: 'image/png' })).status).toBe(406);
  });
});
