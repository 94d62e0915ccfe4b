// Compiled, never run: `npm run typecheck` fails where a workflow and its signature in the contracts differ.
import type { Signatures } from '../../contracts/signatures.ts';
import type * as workflows from '../../workflows/index.ts';

type Extends<A extends B, B> = A;

/** Every signature is that of the workflow of the same name. */
export type WorkflowsMatch = Extends<typeof workflows, Signatures>;

/** And no workflow is without a signature. */
export type SignaturesMatch = Extends<{ [K in keyof typeof workflows]: Signatures[K] }, Signatures>;
