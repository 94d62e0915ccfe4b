import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { problemCodes, wireCode, type ProblemCode } from '../../../../../contracts/errors.ts';

/** An answer with problem+json that has one of these codes, which share a status. */
export type ProblemResponses = (codes: readonly ProblemCode[]) => ZodOpenApiResponseObject;

/** Makes {@link ProblemResponses}: each set of codes is described once, and referred to from every route that has it. */
export function createProblemResponses(): ProblemResponses {
  const made = new Map<string, ZodOpenApiResponseObject>();
  return (codes) => {
    const id = codes.map((code) => code.charAt(0).toUpperCase() + code.slice(1)).join('Or');
    const known = made.get(id);
    if (known) return known;
    const response: ZodOpenApiResponseObject = {
      id,
      description: codes.map((code) => `\`${wireCode(code)}\`: ${problemCodes[code].title}.`).join(' '),
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/Problem' },
              { type: 'object', properties: { code: { enum: codes.map(wireCode) } } },
            ],
          },
          examples: Object.fromEntries(codes.map((code) => [wireCode(code), { value: exampleOf(code) }])),
        },
      },
    };
    made.set(id, response);
    return response;
  };
}

function exampleOf(code: ProblemCode): Record<string, unknown> {
  const { status, title } = problemCodes[code];
  return {
    type: `urn:problem:${wireCode(code)}`,
    title,
    status,
    detail: code === 'validationFailed' ? 'One field is not valid.' : `${title}.`,
    instance: '/api/orders',
    code: wireCode(code),
    requestId: '5f0c2f1e-6c1b-4d5e-9a43-0d7d3c2b1a90',
    ...(code === 'validationFailed' && {
      errors: [{ path: 'items[0].quantity', message: 'Too small: expected number to be >=1' }],
    }),
  };
}
