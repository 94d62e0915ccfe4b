import type { MatrixStack, ProcessName, StackProcess } from '../stack.ts';

/** Returns a process of a stack. @throws if this stack does not have it. */
export function processOf({ processes }: MatrixStack, name: ProcessName): StackProcess {
  const found = processes[name];
  if (!found) throw new Error(`the stack has no ${name}`);
  return found;
}
