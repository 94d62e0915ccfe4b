import { readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const library = new URL('../../packages/durable-jobs/', import.meta.url);

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}
const manifest = JSON.parse(readFileSync(new URL('package.json', library), 'utf8')) as Manifest;

/** The package of an import: `@temporalio/common/lib/time.js` → `@temporalio/common`. */
function packageOf(specifier: string): string {
  const [scope = '', name = ''] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

/** Returns the packages that the library's sources import, with a file that does. */
function importedPackages(): Map<string, string> {
  const src = new URL('src/', library);
  const packages = new Map<string, string>();
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(ts|js|mjs)$/.test(file) || file.endsWith('.test.ts')) continue;
    const text = readFileSync(join(src.pathname, file), 'utf8');
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (fileName.startsWith('.') || isBuiltin(fileName)) continue;
      packages.set(packageOf(fileName), file);
    }
  }
  return packages;
}

describe('package.json of the library', () => {
  const imported = importedPackages();
  const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];

  it('declares every package that the library imports', () => {
    expect(imported.size).toBeGreaterThan(20);
    expect([...imported].filter(([name]) => !declared.includes(name))).toEqual([]);
  });
});
