// Compiled, never run: `npm run typecheck` fails if a workflow and its signature in the contracts differ.
import type { Signatures } from '../../contracts/signatures.ts';
import type * as workflows from '../../workflows/index.ts';

type Extends<A extends B, B> = A;

/** Every signature is that of the workflow with the same name. */
export type WorkflowsMatch = Extends<typeof workflows, Signatures>;

/** No workflow is without a signature, except for the one that runs all jobs that consist of one function. */
export type SignaturesMatch = Extends<
  { [K in Exclude<keyof typeof workflows, 'default'>]: Signatures[K] },
  Signatures
>;
