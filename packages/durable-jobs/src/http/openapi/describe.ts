import type { z } from 'zod';
import type { ZodObjectInput } from 'zod-openapi';
import type { AnyProblem } from '../problem-kinds.ts';
import type { Access } from '../routing/routes.ts';

/** One media type of a body: its schema, and an example that a test checks against the schema. */
export interface Content {
  schema: z.ZodType | { type: 'string' };
  /** Absent if an application declares none for its definitions. */
  example?: unknown;
}

/** A body that a route accepts. */
export interface RequestBody {
  content: Record<string, Content>;
  /** False if the request may have no body. */
  required: boolean;
}

/** A response of a route. */
export interface Answer {
  description: string;
  /** By media type; empty if the response has no body. */
  content: Record<string, Content>;
  /** Headers that this response always has, with their meaning. */
  headers: Record<string, string>;
}

/**
 * The description of a route. Problems that follow from the rest are added when the document is created: see `problemsOf` in document.ts.
 */
export interface RouteDocs {
  /** Unique and camelCase, such as `getJob`: generated clients use it as the method's name. */
  id: string;
  /** A few words in the imperative. */
  summary: string;
  /** Additional information for callers, as Markdown. */
  description?: string;
  /**
   * The role that the route itself declares; a test compares the two. By default: `viewer` for reads, `operator` for changes, `public`
   * outside `/api`.
   */
  access?: Access;
  params?: ZodObjectInput;
  query?: ZodObjectInput;
  headers?: ZodObjectInput;
  body?: RequestBody;
  /** By status, without problem+json responses. */
  answers: Record<number, Answer>;
  /** Problems of this route in particular, such as `notFound`. */
  problems?: readonly AnyProblem[];
}

/** The description of a resource's routes. */
export interface ResourceDocs {
  /** The heading under which its routes are listed. */
  name: string;
  description: string;
  /** By method and path in Express's notation: `GET /api/jobs/:id`. */
  routes: Record<string, RouteDocs>;
}

/** Describes a JSON response. */
export function json<T extends z.ZodType>(
  description: string,
  schema: T,
  example: z.output<T>,
  headers: Record<string, string> = {},
): Answer {
  return { description, content: { 'application/json': { schema, example } }, headers };
}

/** Describes a response whose format `Accept` selects: JSON, a page for people, or one of `others` by media type, each with an example. */
export function jsonOrPage<T extends z.ZodType>(
  description: string,
  schema: T,
  example: z.output<T>,
  others: Record<string, string> = {},
): Answer {
  const texts = Object.entries({ 'text/html': '<!doctype html>…', ...others });
  return {
    description,
    headers: {},
    content: {
      'application/json': { schema, example },
      ...Object.fromEntries(
        texts.map(([type, shown]) => [type, { schema: { type: 'string' as const }, example: shown }]),
      ),
    },
  };
}

/** Describes a text response of another media type. */
export function text(description: string, mediaType: string, example: string): Answer {
  return { description, content: { [mediaType]: { schema: { type: 'string' }, example } }, headers: {} };
}

/** Describes a response without a body. */
export function empty(description: string, headers: Record<string, string> = {}): Answer {
  return { description, content: {}, headers };
}

/** Describes a JSON body. */
export function jsonBody<T extends z.ZodType>(
  schema: T,
  example: z.input<T> | undefined,
  { required = true }: { required?: boolean } = {},
): RequestBody {
  return { content: { 'application/json': { schema, example } }, required };
}
