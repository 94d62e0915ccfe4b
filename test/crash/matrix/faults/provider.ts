import type { BeginFault } from './begin.ts';

/** More calls than a round makes. */
const ALL = 100_000;

/** The payment provider responds with 503. */
export const answer503: BeginFault = (stack) =>
  failing(stack.sandboxUrl, { kind: 'status', status: 503, times: ALL });

/** The payment provider drops connections before it has done anything. */
export const dropBefore: BeginFault = (stack) =>
  failing(stack.sandboxUrl, { kind: 'drop-before', times: ALL });

/** The payment provider takes the money, and then drops the connection. */
export const dropAfter: BeginFault = (stack) => failing(stack.sandboxUrl, { kind: 'drop-after', times: ALL });

async function failing(sandboxUrl: string, fault: object): ReturnType<BeginFault> {
  const url = `${sandboxUrl}/_control/faults`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(fault) });
  if (!response.ok) throw new Error(`the payment sandbox refused the fault: ${await response.text()}`);
  return async () => {
    await fetch(url, { method: 'DELETE' });
  };
}
