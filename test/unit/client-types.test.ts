import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { clientTypes, clientTypesFile } from '../../packages/durable-jobs/build/client-types.ts';

it("the types of durable-jobs/client are those of the library's API: run `npm run client-types` if they are not", async () => {
  expect(await readFile(clientTypesFile, 'utf8')).toBe(await clientTypes());
});
