import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { LOCAL_API_KEY } from '../../platform/config.ts';
import { buildApp } from '../support/unconnected-app.ts';

it('the home page is served quickly where nothing that it asks answers, and each part says so', async () => {
  const server = createServer(buildApp()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const began = performance.now();
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      headers: { authorization: `Bearer ${LOCAL_API_KEY}` },
    });
    // A second and a half for the slowest part, and much more than that for a busy machine.
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(response.status).toBe(200);
    const page = await response.text();
    for (const id of ['failures', 'jobs', 'schedules', 'workers']) {
      expect(contentOf(page, id)).toContain('The job engine does not answer at the moment');
    }
    for (const id of ['services', 'queues', 'bulk-jobs']) {
      expect(contentOf(page, id)).toContain('The database does not answer at the moment');
    }
    expect(contentOf(page, 'health')).toMatch(
      /5 of 6 checks fail.*can not be reached|5 of 6 checks fail.*does not answer/s,
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

function contentOf(page: string, id: string): string {
  return new RegExp(`<section id="${id}"(.*?)</section>`, 's').exec(page)?.[1] ?? '';
}
