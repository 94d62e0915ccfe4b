import { describe, expect, it } from 'vitest';
import { createSecrets } from 'durable-jobs/process';
import { accountKey, resetToken } from './derived-secrets.ts';

const secrets = createSecrets('one secret');

describe('values derived from the secret', () => {
  it('is the same account for an address in any case, and does not contain the address', () => {
    expect(accountKey(secrets, ' Ada@Example.com ')).toBe(accountKey(secrets, 'ada@example.com'));
    expect(accountKey(secrets, 'ada@Bücher.example')).toBe(accountKey(secrets, 'ada@xn--bcher-kva.example'));
    // As releases since 0.1.0 derive it: it is part of job ids.
    expect(accountKey(secrets, 'ada@example.com')).toBe('d572277459b1e6aee7cba8f169168360');
  });

  it('is the same token for every attempt of a request, and another for another request', () => {
    expect(resetToken(secrets, 'request 1')).toBe('-eRlZYkWY8zsST3Qi_O_4zF1saQOqTj4BWcxzhBbI2c');
    expect(resetToken(secrets, 'request 2')).not.toBe(resetToken(secrets, 'request 1'));
  });
});
