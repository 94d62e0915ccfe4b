/** The queue of work items. */
export { backOffMs } from './back-off.ts';
export { workItemDocs } from './docs.ts';
export { WorkError } from './errors.ts';
export { createWorkKinds } from './work-kinds.ts';
