import type { z } from 'zod';
import type { ZodObjectInput } from 'zod-openapi';
import type { AnyProblem } from '../problem-kinds.ts';
import type { Access } from '../routing/routes.ts';

/** One media type of a body: its schema, and an example that a test checks against it. */
export interface Content {
  schema: z.ZodType | { type: 'string' };
  /** Absent where an application declares none for what it defines. */
  example?: unknown;
}

/** A body that a route takes. */
export interface RequestBody {
  content: Record<string, Content>;
  /** False if a request may come without one. */
  required: boolean;
}

/** An answer of a route. */
export interface Answer {
  description: string;
  /** By media type; empty if the answer has no body. */
  content: Record<string, Content>;
  /** Headers that this answer always has, with what they say. */
  headers: Record<string, string>;
}

/**
 * What the document says of a route. Problems that follow from the rest are added if the document is put together: see `problemsOf` in
 * document.ts.
 */
export interface RouteDocs {
  /** Unique and camelCase, such as `getJob`: generated clients name their methods after it. */
  id: string;
  /** A few words in the imperative. */
  summary: string;
  /** What a caller should know beside that, as Markdown. */
  description?: string;
  /**
   * As the route itself declares it; a test compares the two. Without it: `viewer` for what reads, `operator` for what
   * changes something, `public` outside `/api`.
   */
  access?: Access;
  params?: ZodObjectInput;
  query?: ZodObjectInput;
  headers?: ZodObjectInput;
  body?: RequestBody;
  /** By status; answers with problem+json are not among them. */
  answers: Record<number, Answer>;
  /** Problems that are the route's own, such as `notFound`. */
  problems?: readonly AnyProblem[];
}

/** What the document says of the routes of a resource. */
export interface ResourceDocs {
  /** The heading under which its routes are listed. */
  name: string;
  description: string;
  /** By method and path as express has them: `GET /api/jobs/:id`. */
  routes: Record<string, RouteDocs>;
}

/** An answer with JSON. */
export function json<T extends z.ZodType>(
  description: string,
  schema: T,
  example: z.output<T>,
  headers: Record<string, string> = {},
): Answer {
  return { description, content: { 'application/json': { schema, example } }, headers };
}

/** An answer with JSON, or a page for people, or one of `others` by media type, each with an example: as `Accept` selects. */
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

/** An answer that is text of some other type. */
export function text(description: string, mediaType: string, example: string): Answer {
  return { description, content: { [mediaType]: { schema: { type: 'string' }, example } }, headers: {} };
}

/** An answer without a body. */
export function empty(description: string, headers: Record<string, string> = {}): Answer {
  return { description, content: {}, headers };
}

/** A body of JSON. */
export function jsonBody<T extends z.ZodType>(
  schema: T,
  example: z.input<T> | undefined,
  { required = true }: { required?: boolean } = {},
): RequestBody {
  return { content: { 'application/json': { schema, example } }, required };
}
