import { describe, expect, it } from 'vitest';
import { localPath } from './local-path.ts';

describe('the redirect after sign-in', () => {
  it.each(['/', '/api/reports/1?x=%2F%2Fa', '/jobs/process-order:1/timeline'])(
    'is a path of ours: %s',
    (path) => {
      expect(localPath(path)).toBe(path);
    },
  );

  it.each([
    undefined,
    ['/a', '/b'],
    '',
    'reports',
    'https://evil.example/',
    '//evil.example',
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
});
