/** The HTTP application and its process. */
export { createApi } from './create-api.ts';
export type { ApiDeps } from './deps.ts';
export { runApi } from './run-api.ts';
