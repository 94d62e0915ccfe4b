/** Ids that the examples of the API document share, so that they refer to the same things. */
export const exampleIds = {
  user: '0b4a8c1e-55c2-4b0e-9c55-0a6f0e5f7b11',
  order: '6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10',
  report: '3f5d7b9a-1c2e-4f60-8a9b-c0d1e2f30415',
  reconciliation: '91d3e5f7-0a2b-4c4d-8e6f-8091a2b3c4d5',
  finding: 'd4c3b2a1-0f1e-4d2c-8b3a-495867768594',
} as const;
