import type { Fault } from '../plan.ts';
import type { MatrixStack } from '../stack.ts';

/** Begins a fault. Returns the function that ends it, which resolves when the part works again. */
export type BeginFault = (stack: MatrixStack, fault: Fault) => Promise<() => Promise<void>>;
