import { readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const library = new URL('../../packages/durable-jobs/', import.meta.url);

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}
const manifest = JSON.parse(readFileSync(new URL('package.json', library), 'utf8')) as Manifest;

/** Returns the package of an import: `@temporalio/common/lib/time.js` → `@temporalio/common`. */
function packageOf(specifier: string): string {
  const [scope = '', name = ''] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

/** The library's sources, without its tests. */
function librarySources(): { file: string; text: string }[] {
  const src = new URL('src/', library);
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|js|mjs)$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => ({ file, text: readFileSync(join(src.pathname, file), 'utf8') }));
}

/** Returns the packages that the library's sources import, each with a file that imports it. */
function importedPackages(): Map<string, string> {
  const packages = new Map<string, string>();
  for (const { file, text } of librarySources()) {
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

  it('declares no other', () => {
    const sources = librarySources()
      .map(({ text }) => text)
      .join('\n');
    const isNamed = (name: string): boolean => new RegExp(`['"]${name}(/[^'"]*)?['"]`).test(sources);
    // Type packages belong to a package without types. The command line's parser also requires commander.
    const others = declared
      .map((name) => name.replace(/^@types\//, ''))
      .filter((name) => name !== 'commander');
    expect(others.filter((name) => !isNamed(name))).toEqual([]);
  });
});

/** Returns the packages that the commands `npm install …` of a page name, in alphabetical order, one list per command. */
function installedBy(page: string): string[][] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^npm install ([^#\n]+)/gm)].map(([, args = '']) =>
    args
      .trim()
      .split(' ')
      .filter((word) => !word.startsWith('-'))
      .flatMap((word) => {
        const [, scope = '', names = ''] = /^(.*)\{(.*)\}$/.exec(word) ?? [];
        return names === '' ? word : names.split(',').map((name) => scope + name);
      })
      .sort(),
  );
}

describe('the commands that install the library', () => {
  const isOptional = (name: string): boolean => manifest.peerDependenciesMeta[name]?.optional === true;
  const peers = Object.keys(manifest.peerDependencies);
  // The examples query the application's own tables with it.
  const needed = ['durable-jobs', 'pg', ...peers.filter((name) => !isOptional(name))].sort();

  it.each([
    ['README.md', [needed]],
    ['packages/durable-jobs/README.md', [needed]],
    ['docs/getting-started.md', [needed, peers.filter(isOptional).sort()]],
  ])('%s names the peer dependencies', (page, lists) => {
    expect(installedBy(page)).toEqual(lists);
  });

  it('has no other page', () => {
    const pages = readdirSync(new URL('../../docs/', import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && name !== 'getting-started.md')
      .filter((name) => installedBy(`docs/${name}`).some((packages) => packages.includes('durable-jobs')));
    expect(pages).toEqual([]);
  });
});
