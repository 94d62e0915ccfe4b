import { expect, it } from 'vitest';
import { apiKeyOf, withoutPassword } from './shown.ts';

it('shows the local key, and of any other key only where it is', () => {
  const secret = 'a-key-of-my-own-0123456789';
  expect(apiKeyOf({ apiKey: 'local-dev-key', fromEnvFile: [] })).toBe('local-dev-key');
  expect(apiKeyOf({ apiKey: secret, fromEnvFile: ['API_KEY'] })).toBe('the one in API_KEY in .env');
  expect(apiKeyOf({ apiKey: secret, fromEnvFile: ['API_KEY_FILE'] })).toBe('the one in API_KEY_FILE in .env');
  expect(apiKeyOf({ apiKey: secret, fromEnvFile: ['LOG_LEVEL'] })).toBe('the one in API_KEY');
});

it('shows a URL without its password', () => {
  expect(withoutPassword('postgres://ada:secret@db:5432/jobs')).toBe('postgres://ada@db:5432/jobs');
});
