import type { z } from 'zod';
import type { WebUi } from '../../engine/web-ui.ts';

/** Ids that the examples share, so that they refer to the same things. */
export const exampleIds = {
  bulkJob: 'c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12',
  workItem: 'f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f',
  message: '6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10',
  deadLetter: 'e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21',
  run: '0192f0c1-2d3e-7f40-8a51-6b72c83d94e5',
} as const;

/** The address of the Web UI in examples. */
export const exampleUi: WebUi = { uiUrl: 'http://127.0.0.1:8233', namespace: 'default' };

/** Returns the first example of a schema (`.meta({ examples: [...] })`), if it has one. */
export function exampleOf(schema: z.ZodType): unknown {
  const { examples } = schema.meta() ?? {};
  return Array.isArray(examples) ? (examples as unknown[])[0] : undefined;
}
