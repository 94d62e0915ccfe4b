import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { explained } from '../mutation/explained.ts';
import { mutatedModules } from '../mutation/modules.ts';

it('every explanation of a change is about code that exists, of a module', () => {
  const files = Object.values(mutatedModules).flatMap((module) => module.files);
  for (const { file, code } of explained) {
    expect(files).toContain(file);
    expect(readFileSync(file, 'utf8'), `${file} does not contain ${code}`).toContain(code);
  }
});

it('the integration tests that judge modules exist', () => {
  for (const name of Object.values(mutatedModules).flatMap(({ integration = [] }) => integration))
    expect(readFileSync(`test/integration/${name}.test.ts`, 'utf8')).not.toBe('');
});

it('the files of all modules exist', () => {
  for (const file of Object.values(mutatedModules).flatMap((module) => module.files))
    expect(readFileSync(file, 'utf8')).not.toBe('');
});
