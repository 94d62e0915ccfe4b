import { z } from 'zod';
import { text } from '../values/text.ts';
import { json, jsonBody, type Answer, type RouteDocs } from './openapi/describe.ts';
import type { AnyProblem } from './problem-kinds.ts';
import type { Routes } from './routing/routes.ts';
import { parseBody, parseParams } from './validate.ts';

/** Body of `POST …/:id/discard`. */
const discardBody = z.strictObject({ reason: text(500) });

/**
 * Actions of an operator on something that was set aside because it failed. Both return it as JSON.
 * @throws {Problem} if it does not exist or is already resolved.
 */
export interface Resolutions<Id> {
  requeue: (id: Id) => Promise<object>;
  discard: (id: Id, reason: string) => Promise<object>;
}

/** Adds `POST /:id/requeue` and `POST /:id/discard` to routes. */
export function addResolutions<Id>(
  routes: Routes,
  params: z.ZodType<{ id: Id }>,
  { requeue, discard }: Resolutions<Id>,
): void {
  routes.post('/:id/requeue', 'operator', async (request, response) => {
    const { id } = parseParams(request, params);
    response.status(202).json(await requeue(id));
  });

  routes.post('/:id/discard', 'operator', async (request, response) => {
    const { id } = parseParams(request, params);
    const { reason } = parseBody(request, discardBody);
    response.json(await discard(id, reason));
  });
}

/** Options of {@link resolutionDocs}. */
export interface ResolutionDocs<Item extends z.ZodType> {
  /** The path of the resource: `/api/dead-letters`. */
  path: string;
  /** The name of one item: `dead letter`. */
  noun: string;
  /** The same name as part of operation ids: `DeadLetter`. */
  name: string;
  params: RouteDocs['params'];
  item: Item;
  requeue: Pick<RouteDocs, 'summary' | 'description'> & { answer: string; example: z.output<Item> };
  discard: { answer: string; example: z.output<Item> & { discardReason: string | null } };
  /** The problem of an item that is already resolved. */
  closed: AnyProblem;
}

/** Returns the API description of the routes of {@link addResolutions}. */
export function resolutionDocs<Item extends z.ZodType>({
  path,
  noun,
  name,
  params,
  item,
  requeue,
  discard,
  closed,
}: ResolutionDocs<Item>): Record<string, RouteDocs> {
  const { answer, example, ...words } = requeue;
  const problems: RouteDocs['problems'] = ['notFound', closed];
  const answerWith = (description: string, shown: z.output<Item>): Answer => json(description, item, shown);
  return {
    [`POST ${path}/:id/requeue`]: {
      id: `requeue${name}`,
      ...words,
      ...(params && { params }),
      answers: { 202: answerWith(answer, example) },
      problems,
    },
    [`POST ${path}/:id/discard`]: {
      id: `discard${name}`,
      summary: `Discard a ${noun}`,
      ...(params && { params }),
      body: jsonBody(discardBody, { reason: discard.example.discardReason ?? '' }),
      answers: { 200: answerWith(discard.answer, discard.example) },
      problems,
    },
  };
}
