import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { bundleOptions } from './workflow-code.ts';

/** Returns the files that a module consists of in the sandbox, by its relative imports of values. */
function modulesOf(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';/gm,
  );
  for (const [, path = ''] of imports) modulesOf(resolve(dirname(file), path), known);
  return known;
}

const { preloadModules = [] } = bundleOptions(undefined);
const files = [...new Set(preloadModules.flatMap((file) => [...modulesOf(file)]))];

it("all runs share the interceptors, the library's workflows, and what applications import", () => {
  expect(preloadModules).toHaveLength(3);
  expect(files.some((file) => file.endsWith('/jobs/run/workflow.ts'))).toBe(true);
  expect(files.some((file) => file.endsWith('/jobs/workflow/policies.ts'))).toBe(true);
});

it.each(files.map((file) => [file.replace(/.*\/src\//, ''), file]))(
  '%s has no state that runs would share',
  (_name, file) => {
    expect(readFileSync(file, 'utf8')).not.toMatch(
      /^(?:export )?(?:let|var) |^(?:export )?const [^=]*= new (?:Weak)?(?:Map|Set)(?:<.*>)?\(\)/m,
    );
  },
);
