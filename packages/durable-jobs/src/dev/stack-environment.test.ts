import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withFileValues } from './stack-environment.ts';

it('puts the contents of files in place of the variables that name them', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'stack-')), 'url');
  writeFileSync(file, 'postgres://db/jobs\n');
  const { env, problems } = withFileValues({
    DATABASE_URL_FILE: file,
    SMTP_URL: '',
    STRIPE_API_KEY_FILE: '/mine',
  });
  expect(problems).toEqual([]);
  expect(env).toEqual({ DATABASE_URL: 'postgres://db/jobs', SMTP_URL: '', STRIPE_API_KEY_FILE: '/mine' });
});

it('names a file that cannot be used', () => {
  expect(withFileValues({ API_KEY_FILE: '/nowhere', API_KEY: 'mine' }).problems).toEqual([
    'API_KEY_FILE: must not be set together with API_KEY',
  ]);
});
