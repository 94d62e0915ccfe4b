import { describe, expect, it } from 'vitest';
import { exchange } from '../../../../test/support/exchange.ts';
import { noteMount } from '../http/mount.ts';
import { localPath } from './local-path.ts';

describe('the redirect after sign-in', () => {
  it.each([
    '/',
    '/api/reports/1?x=%2F%2Fa',
    '/jobs/process-order:1/timeline',
    '/jobs/login',
    '/logins',
    `/${'x'.repeat(1_999)}`,
  ])('is a path of ours: %s', (path) => {
    expect(localPath(path)).toBe(path);
  });

  it.each([
    undefined,
    ['/a', '/b'],
    '',
    'reports',
    'https://evil.example/',
    '//evil.example',
    '//evil.example/jobs',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/x\r\nSet-Cookie: a=b',
    '/login?next=/login',
    '/logout',
    `/${'x'.repeat(2_001)}`,
  ])('is nowhere else: %j', (text) => {
    expect(localPath(text)).toBe('/');
  });

  it.each([
    ['/ops', '/ops'],
    ['/ops/', '/ops/'],
    ['/ops/jobs?x=1', '/ops/jobs?x=1'],
    ['/ops/login', '/ops/'],
    ['/opsx', '/ops/'],
    ['/jobs', '/ops/'],
    ['/ops/../jobs', '/ops/'],
    ['//', '/ops/'],
    ['//:99999', '/ops/'],
  ])('stays below the path of a mounted service: %s', (text, expected) => {
    let path = '';
    const { request, response } = exchange();
    noteMount('/ops')(request, response, () => (path = localPath(text)));
    expect(path).toBe(expected);
  });
});
