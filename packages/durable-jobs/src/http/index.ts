/** The parts that routes are made of: validation, problems, paging, the OpenAPI document. */
export { isOperator } from './caller.ts';
export { presentPage, timePageQuery } from './cursor.ts';
export { healthDocs } from './health-docs.ts';
export { errorJson, omitted, pageJson, time } from './json.ts';
export { linkTo } from './mount.ts';
export { requestId } from './middleware/errors.ts';
export {
  empty,
  json,
  jsonBody,
  jsonOrPage,
  type ResourceDocs,
  type RouteDocs,
  text,
} from './openapi/describe.ts';
export type { ApiDescription } from './openapi/document.ts';
export { idempotencyHeaders } from './openapi/headers.ts';
export { type Page, pageOf, pageQuery, toCursor } from './paging.ts';
export { prefersPage, sendDocument, sendJsonOrPage, sendPage } from './pages.ts';
export { defineProblems, libraryProblems, type ProblemKind } from './problem-kinds.ts';
export { jobNotStarted, notFound, Problem } from './problem.ts';
export { representationFor } from './representation.ts';
export { Routes } from './routing/routes.ts';
export { sendScript } from './send-script.ts';
export { idParams } from './schemas.ts';
export { scheduleCallTimeoutMs } from './timeouts.ts';
export { parseBody, parseParams, parseQuery } from './validate.ts';
