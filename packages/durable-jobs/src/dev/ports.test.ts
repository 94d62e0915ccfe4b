import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { movedPortsIn, preferredPort, reservePort } from './ports.ts';

it('keeps the preferred port if it is free, and reserves it only once', async () => {
  const first = await reservePort();
  first.release();
  const again = await reservePort(first.port);
  expect(again.port).toBe(first.port);
  const other = await reservePort(first.port);
  expect(other.port).not.toBe(first.port);
  again.release();
  other.release();
});

it('chooses another port if one is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reserved = await reservePort(port);
  expect(reserved.port).not.toBe(port);
  reserved.release();
  server.close();
});

it('takes a port from its variable', () => {
  expect(preferredPort('API_PORT', 3000, {})).toBe(3000);
  expect(preferredPort('API_PORT', 3000, { API_PORT: '4000' })).toBe(4000);
  expect(preferredPort('API_PORT', 3000, { API_PORT: '' })).toBe(3000);
});

it.each(['many', '0', '-1', '65536', '1e3', '0x10', '3000.0', 'NaN', ' ', '３０００', '30\n00'])(
  'refuses %j as a port',
  (port) => {
    expect(() => preferredPort('API_PORT', 3000, { API_PORT: port })).toThrow(
      `API_PORT must be a whole number from 1 to 65535, but is ${JSON.stringify(port)}`,
    );
  },
);

it('keeps ports that had to move for the next start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ports-'));
  const moved = movedPortsIn(folder);
  moved.set('API_PORT', 23_000);
  moved.set('SMTP_PORT', 23_001);
  moved.set('SMTP_PORT', undefined);
  const next = movedPortsIn(folder);
  expect([next.get('API_PORT'), next.get('SMTP_PORT')]).toEqual([23_000, undefined]);
  writeFileSync(join(folder, 'ports.json'), '{"API_PORT":"many"}');
  expect(movedPortsIn(folder).get('API_PORT')).toBeUndefined();

  const taken = await reservePort();
  const free = await reservePort();
  free.release();
  const reserved = await reservePort(taken.port, free.port);
  expect(reserved.port).toBe(free.port);
  taken.release();
  reserved.release();
});
