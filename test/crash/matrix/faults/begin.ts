import type { Fault } from '../plan.ts';
import type { MatrixStack } from '../stack.ts';

/**
 * Begins a fault. Returns the function that ends it, which resolves when the part works again; undefined if there was nothing that the fault
 * could disturb.
 */
export type BeginFault = (stack: MatrixStack, fault: Fault) => Promise<(() => Promise<void>) | undefined>;
