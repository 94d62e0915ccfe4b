import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isForLoopback, isForwardedFromElsewhere } from './loopback.ts';

const request = (...hosts: string[]): IncomingMessage =>
  ({
    headers: { host: hosts[0] },
    rawHeaders: ['Accept', '*/*', ...hosts.flatMap((host) => ['Host', host])],
  }) as unknown as IncomingMessage;

describe('a request for loopback', () => {
  it.each([
    'localhost',
    'LOCALHOST:3000',
    '127.0.0.1',
    '127.0.0.1:3000',
    '127.8.9.10:80',
    '[::1]',
    '[::1]:3000',
  ])('names this machine: %s', (host) => expect(isForLoopback(request(host))).toBe(true));

  it.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io:3000',
    '127.1',
    '0.0.0.0',
    '[::2]',
    '[::ffff:127.0.0.1]',
    'localhost.',
    'localhost:port',
    'evil@localhost',
    'localhost/',
    ' ',
    '',
  ])('does not go by another name: %j', (host) => expect(isForLoopback(request(host))).toBe(false));

  it('has exactly one name', () => {
    expect(isForLoopback(request())).toBe(false);
    expect(isForLoopback(request('localhost', 'evil.example'))).toBe(false);
    expect(isForLoopback(request('localhost', 'localhost'))).toBe(false);
  });
});

it.each([
  [{}, false],
  [{ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'localhost:5173' }, false],
  [{ 'x-forwarded-for': '::ffff:127.0.0.1, ::1' }, false],
  [{ forwarded: 'for="[::1]:4711";host=localhost:5173;proto=http' }, false],
  [{ 'x-forwarded-for': '203.0.113.7' }, true],
  [{ 'x-forwarded-for': '127.0.0.1, 203.0.113.7' }, true],
  [{ 'x-forwarded-host': 'quiet-lion.tunnel.example' }, true],
  [{ forwarded: 'for=unknown' }, true],
  [{ forwarded: 'proto=https; host="jobs.example.com:443"' }, true],
])('notices what a proxy forwards from elsewhere: %j', (headers: IncomingHttpHeaders, elsewhere) => {
  expect(isForwardedFromElsewhere({ headers })).toBe(elsewhere);
});
