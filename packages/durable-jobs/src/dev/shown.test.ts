import { expect, it } from 'vitest';
import { noUrls } from './stack-file.ts';
import { apiKeyOf, databaseOf, temporalUiOf } from './shown.ts';

it('shows the local key, and of any other key only where it is', () => {
  const secret = 'a-key-of-my-own-0123456789';
  expect(apiKeyOf({ apiKey: 'local-dev-key', fromEnvFile: [] })).toBe('local-dev-key');
  expect(apiKeyOf({ apiKey: secret, fromEnvFile: ['API_KEY'] })).toBe('the one in API_KEY in .env');
  expect(apiKeyOf({ apiKey: secret, fromEnvFile: ['API_KEY_FILE'] })).toBe('the one in API_KEY_FILE in .env');
  expect(apiKeyOf({ apiKey: secret, fromEnvFile: [], valueFiles: ['API_KEY_FILE'] })).toBe(
    'the one in API_KEY_FILE',
  );
  expect(apiKeyOf({ apiKey: secret, fromEnvFile: ['LOG_LEVEL'] })).toBe('the one in API_KEY');
});

it('shows the URLs of servers of others without their secrets', () => {
  const urls = {
    ...noUrls,
    database: 'postgres://ada:secret@db:5432/jobs?password=secret&sslmode=require',
    temporalUi: 'https://secret@ui.example/?token=secret',
  };
  expect(databaseOf({ urls, processes: {} })).toBe('postgres://ada@db:5432/jobs?sslmode=require');
  expect(temporalUiOf({ urls })).toBe('https://ui.example');
});
