import { describe, expect, it } from 'vitest';
import { registerBody } from './schemas.ts';

describe('a registration', () => {
  const user = { email: ' Ada@Example.com', name: 'Ada', password: 'correct horse' };

  it('is taken with its address in lower case', () => {
    expect(registerBody.parse(user)).toMatchObject({ email: 'ada@example.com' });
  });

  it.each([
    ['a name over two lines', { name: 'Ada\nBcc: eve@example.com' }],
    ['a NUL in the name', { name: 'A\0da' }],
    ['a short password', { password: 'short' }],
    ['an endless password', { password: 'x'.repeat(257) }],
    ['no address', { email: 'ada' }],
  ])('is refused with %s', (_what, change) => {
    expect(registerBody.safeParse({ ...user, ...change }).success).toBe(false);
  });
});
