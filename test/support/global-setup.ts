import type { TestProject } from 'vitest/node';
import { createParts, type PartName, type Parts } from './parts.ts';
import type {} from './provided.ts';

/** The parts that the tests of each project need. A project that is not listed needs nothing. */
const needs: Record<string, readonly PartName[]> = {
  workflows: ['timeSkipping', 'compiled'],
  integration: ['postgres', 'temporal', 'compiled', 'stripeMock', 'timeSkipping', 'broker'],
  replay: ['compiled'],
  crash: ['postgres', 'temporal', 'compiled', 'inbox', 'sandbox', 'broker'],
  e2e: ['postgres', 'temporal', 'compiled', 'inbox', 'sandbox', 'chromium'],
};

/** Each project loads this module separately, so the parts that they share are stored where all of them find them. */
const shared = globalThis as typeof globalThis & { testParts?: { parts: Parts; users: number } };

/** Starts the parts that a project needs, unless another project has already; the last project to end stops everything. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const names = needs[project.name] ?? [];
  if (names.length === 0) return undefined;
  const run = (shared.testParts ??= { parts: createParts(), users: 0 });
  run.users++;
  const leave = async (): Promise<void> => {
    run.users--;
    if (run.users > 0) return;
    delete shared.testParts;
    await run.parts.close();
  };
  try {
    const values = await Promise.all([...names, 'folder' as const].map((name) => run.parts.get(name)));
    for (const [key, value] of values.flatMap((value) => Object.entries(value))) {
      project.provide(key as never, value as never);
    }
    return leave;
  } catch (error) {
    await leave();
    throw error;
  }
}
