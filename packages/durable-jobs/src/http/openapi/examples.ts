import type { WebUi } from '../../engine/web-ui.ts';

/** Ids that examples share, so that they read as one story. */
export const exampleIds = {
  user: '0b4a8c1e-55c2-4b0e-9c55-0a6f0e5f7b11',
  order: '6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10',
  report: '3f5d7b9a-1c2e-4f60-8a9b-c0d1e2f30415',
  bulkJob: 'c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12',
  reconciliation: '91d3e5f7-0a2b-4c4d-8e6f-8091a2b3c4d5',
  finding: 'd4c3b2a1-0f1e-4d2c-8b3a-495867768594',
  workItem: 'f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f',
  deadLetter: 'e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21',
  run: '0192f0c1-2d3e-7f40-8a51-6b72c83d94e5',
} as const;

/** The Web UI in examples. */
export const exampleUi: WebUi = { uiUrl: 'http://127.0.0.1:8233', namespace: 'default' };
