import { afterEach, expect, it } from 'vitest';
import type { VersionedGlobal } from '../versioning.ts';
import { declareVersioning } from './declare-versioning.ts';

const global = globalThis as VersionedGlobal;
afterEach(() => {
  delete global.durableJobsVersioning;
});

it('leaves what an application exports again from the library, which is frozen, and declares the others', () => {
  global.durableJobsVersioning = { order: 'PINNED' };
  const order = (): Promise<void> => Promise.resolve();
  declareVersioning({ helper: Object.freeze(() => undefined), order, constant: 5 });
  expect(order).toHaveProperty('workflowDefinitionOptions');
});

it('declares nothing for a worker without a version', () => {
  const order = (): Promise<void> => Promise.resolve();
  declareVersioning({ order });
  expect(order).not.toHaveProperty('workflowDefinitionOptions');
});
