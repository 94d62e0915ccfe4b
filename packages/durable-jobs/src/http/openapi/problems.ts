import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { libraryProblems, problemKind, type AnyProblem, type ProblemKind } from '../problem-kinds.ts';

/** The problem responses of a route, by status. */
export type ProblemResponses = (
  route: string,
  problems: ReadonlySet<AnyProblem>,
) => [status: string, ZodOpenApiResponseObject][];

/**
 * Creates {@link ProblemResponses}. Each set of codes with the same status is described once, and every route that has it refers to it.
 * Codes are in the order of `listed`, not of the route.
 */
export function createProblemResponses(listed: readonly ProblemKind[]): ProblemResponses {
  const made = new Map<string, ZodOpenApiResponseObject>();
  const responseOf = (kinds: readonly ProblemKind[]): ZodOpenApiResponseObject => {
    const id = kinds.map(({ code }) => pascalCase(code)).join('Or');
    const response = made.get(id) ?? describe(id, kinds);
    made.set(id, response);
    return response;
  };
  return (route, problems) => {
    const own = new Set([...problems].map(problemKind));
    const unlisted = [...own].find((kind) => !listed.includes(kind));
    if (unlisted)
      throw new Error(`${route} has the problem ${unlisted.code}, which the document does not list`);
    const byStatus = new Map<number, ProblemKind[]>();
    for (const kind of listed) {
      if (own.has(kind)) byStatus.set(kind.status, [...(byStatus.get(kind.status) ?? []), kind]);
    }
    return [...byStatus].map(([status, kinds]) => [String(status), responseOf(kinds)]);
  };
}

function describe(id: string, kinds: readonly ProblemKind[]): ZodOpenApiResponseObject {
  return {
    id,
    description: kinds.map(({ code, title }) => `\`${code}\`: ${title}.`).join(' '),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { code: { enum: kinds.map(({ code }) => code) } } },
          ],
        },
        examples: Object.fromEntries(kinds.map((kind) => [kind.code, { value: exampleOf(kind) }])),
      },
    },
  };
}

/** `not_found` → `NotFound`. */
function pascalCase(code: string): string {
  return code.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function exampleOf({ code, status, title }: ProblemKind): Record<string, unknown> {
  const isValidation = code === libraryProblems.validationFailed.code;
  return {
    type: `urn:problem:${code}`,
    title,
    status,
    detail: isValidation ? 'One field is not valid.' : `${title}.`,
    instance: '/api/jobs',
    code,
    requestId: '5f0c2f1e-6c1b-4d5e-9a43-0d7d3c2b1a90',
    ...(isValidation && {
      errors: [{ path: 'input.name', message: 'Too small: expected string to have >=1 characters' }],
    }),
  };
}
