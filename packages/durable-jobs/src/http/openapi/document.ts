import {
  createDocument,
  type oas31,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { SESSION_COOKIE } from '../session-cookie.ts';
import type { AnyProblem, ProblemKind } from '../problem-kinds.ts';
import { problemSchema } from '../problem.ts';
import type { Access } from '../routing/routes.ts';
import { roleByMethod } from '../routing/serve-routes.ts';
import type { Answer, Content, ResourceDocs, RouteDocs } from './describe.ts';
import { createProblemResponses, type ProblemResponses } from './problems.ts';

/** The OpenAPI document of this API. */
export type ApiDocument = oas31.OpenAPIObject;

const about = `Durable background jobs. Accepted work is stored durably, and its effects happen once, even if processes crash.

- **Keys**: send \`Authorization: Bearer <key>\`. A *viewer* may read; an *operator* may also change things.
- **Audit**: every change is recorded with its caller; give a reason with \`X-Reason: <text>\`.
- **Errors** are \`application/problem+json\` (RFC 9457). Rely on \`code\`; \`errors\` lists every field that is not valid.
- **Lists** come in pages: pass the \`nextCursor\` of a response as \`cursor\` until it is null. \`limit\` is 20 by default, 100 at most.
- **Repeats**: where a request accepts an \`Idempotency-Key\`, send one, and repeat the request safely within 24 hours.
- **Times** are ISO 8601 in UTC.`;

/** What a document is created from. */
export interface ApiDescription {
  /** Every resource, in the order in which the document lists them. */
  resources: readonly ResourceDocs[];
  /** Every problem that a route may respond with, in the order in which the document lists them. */
  problems: readonly ProblemKind[];
  /** Information about the whole API in addition to the library's own, each in Markdown, such as `**Amounts** are …`. */
  notes?: readonly string[];
}

/** Creates the document from the descriptions of the resources, and from the schemas that validate requests. */
export function createApiDocument({ resources, problems, notes = [] }: ApiDescription): ApiDocument {
  const problemResponses = createProblemResponses(problems);
  const paths: ZodOpenApiPathsObject = {};
  for (const resource of resources) {
    for (const [route, docs] of Object.entries(resource.routes)) {
      const { method, path } = parseRoute(route);
      paths[path] = { ...paths[path], [method]: operationOf(route, docs, resource, problemResponses) };
    }
  }
  return createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Durable Jobs',
        version: '1',
        description: [about, ...notes.map((note) => `- ${note}`)].join('\n'),
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: resources.map(({ name, description }) => ({ name, description })),
      paths,
      components: {
        schemas: { Problem: problemSchema(problems) },
        securitySchemes: {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key with the role `viewer` or `operator`. Locally: `local-dev-key`.',
          },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: SESSION_COOKIE,
            description:
              'Set by `/login` for browsers. Changes are accepted only from pages of this service.',
          },
        },
      },
    },
    {
      override: ({ jsonSchema }) => {
        // The bounds of every integer in JavaScript, which say nothing about a field.
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
        // The format says the same as its pattern of a hundred characters.
        if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      },
    },
  );
}

/** Returns the method and path in the document's notation: `GET /api/jobs/:id` becomes `get` and `/api/jobs/{id}`. */
export function parseRoute(route: string): { method: string; path: string } {
  const [method = '', path = ''] = route.split(' ');
  return { method: method.toLowerCase(), path: path.replace(/:(\w+)/g, '{$1}') };
}

/** Returns who may use a route, see {@link RouteDocs.access}. */
export function accessOf(route: string, docs: Pick<RouteDocs, 'access'>): Access {
  if (docs.access) return docs.access;
  if (!route.includes(' /api/')) return 'public';
  return roleByMethod({ method: route.split(' ')[0] ?? '' });
}

function operationOf(
  route: string,
  docs: RouteDocs,
  resource: ResourceDocs,
  problemResponses: ProblemResponses,
): ZodOpenApiOperationObject {
  const access = accessOf(route, docs);
  const { params, query, headers } = docs;
  const responses = new Map<string, ZodOpenApiResponseObject>(
    problemResponses(route, problemsOf(route, docs)),
  );
  // Last, because `/readyz` has its own response for 503.
  for (const [status, answer] of Object.entries(docs.answers)) responses.set(status, responseOf(answer));
  return {
    operationId: docs.id,
    summary: docs.summary,
    description: [docs.description, access === 'operator' && 'Requires an operator key.']
      .filter(Boolean)
      .join('\n\n'),
    tags: [resource.name],
    security: access === 'public' ? [] : [{ apiKey: [access] }, { session: [access] }],
    ...((params ?? query ?? headers) && {
      requestParams: {
        ...(params && { path: params }),
        ...(query && { query }),
        ...(headers && { header: headers }),
      },
    }),
    ...(docs.body && {
      requestBody: { required: docs.body.required, content: contentOf(docs.body.content) },
    }),
    responses: Object.fromEntries(responses),
  };
}

/** Returns a route's own problems, and those that follow from what it accepts and who may use it. */
function problemsOf(route: string, docs: RouteDocs): Set<AnyProblem> {
  const isApi = route.includes(' /api/');
  const problems = new Set<AnyProblem>(docs.problems).add('headersTooLarge');
  if (isApi || (docs.params ?? docs.query ?? docs.headers ?? docs.body)) problems.add('validationFailed');
  // A body is read before it is known that the route accepts none.
  if (docs.body ?? (isApi && !route.startsWith('GET '))) {
    problems.add('invalidJson').add('payloadTooLarge').add('unsupportedMediaType').add('uploadStalled');
  }
  const access = accessOf(route, docs);
  if (access !== 'public') problems.add('unauthorized').add('tooManyRequests');
  if (access === 'operator') problems.add('forbidden').add('crossOriginRequest').add('validationFailed');
  // Only where the local key is valid: a host name that is not this machine's.
  problems.add('misdirectedRequest');
  if (isApi) problems.add('internalError').add('databaseUnavailable');
  return problems;
}

function responseOf({ description, content, headers }: Answer): ZodOpenApiResponseObject {
  return {
    description,
    ...(Object.keys(content).length > 0 && { content: contentOf(content) }),
    ...(Object.keys(headers).length > 0 && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, says]) => [
          name,
          { description: says, required: true, schema: { type: 'string' as const } },
        ]),
      ),
    }),
  };
}

function contentOf(content: Record<string, Content>) {
  return Object.fromEntries(
    Object.entries(content).map(([mediaType, { schema, example }]) => [
      mediaType,
      { schema, ...(example !== undefined && { example }) },
    ]),
  );
}
