/** Services that run on one worker at a time. */
export { serviceDocs } from './docs.ts';
export { createServiceRegistry } from './service-registry.ts';
