import { expect, it } from 'vitest';
import { addMissing } from './folder-environment.ts';

it('sets what is missing or empty, and returns the names', () => {
  const env = { API_KEY: 'mine', LOG_LEVEL: '' };
  expect(addMissing(env, { API_KEY: 'theirs', LOG_LEVEL: 'info', PORT: '3000' })).toEqual([
    'LOG_LEVEL',
    'PORT',
  ]);
  expect(env).toEqual({ API_KEY: 'mine', LOG_LEVEL: 'info', PORT: '3000' });
});

it('keeps a value in a file, and a value instead of a file', () => {
  const env = { DATABASE_URL_FILE: '/run/secrets/url', API_KEY: 'mine' };
  expect(addMissing(env, { DATABASE_URL: 'postgres://stack/jobs', API_KEY_FILE: '/api-key' })).toEqual([]);
  expect(env).toEqual({ DATABASE_URL_FILE: '/run/secrets/url', API_KEY: 'mine' });
});
