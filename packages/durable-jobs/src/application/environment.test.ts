import { expect, it } from 'vitest';
import { environmentOf } from './environment.ts';

const env = {
  DATABASE_URL: 'postgres://env/jobs',
  TEMPORAL_API_KEY_FILE: '/run/secrets/temporal',
  API_KEY_FILE: '/run/secrets/api-key',
};

it('overrides variables by options, and the files that would have their values', () => {
  const options = { database: 'postgres://code/jobs', temporal: { apiKey: 'from-code' }, env };
  expect(environmentOf(options)).toEqual({
    DATABASE_URL: 'postgres://code/jobs',
    TEMPORAL_API_KEY: 'from-code',
    API_KEY_FILE: '/run/secrets/api-key',
  });
  expect(environmentOf({ env })).toEqual(env);
});
