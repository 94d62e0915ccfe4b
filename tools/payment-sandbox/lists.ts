import { z } from 'zod';

import { invalidParam } from './errors.ts';
import { integer } from './params.ts';

const seconds = integer({ min: 0, max: 99_999_999_999 });
const created = z.union([
  seconds,
  z.strictObject({
    gt: seconds.optional(),
    gte: seconds.optional(),
    lt: seconds.optional(),
    lte: seconds.optional(),
  }),
]);

/** The parameters that all of Stripe's lists have: 1 to 100 items, 10 by default (docs.stripe.com/api/pagination). */
export const listParams = {
  limit: integer({ min: 1, max: 100 }).default(10),
  starting_after: z.string().optional(),
  ending_before: z.string().optional(),
  created: created.optional(),
};

type ListQuery = {
  limit: number;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
  created?: z.output<typeof created> | undefined;
};

/** One page of a list, newest first. `oldestFirst` is in the order in which the objects were made. */
export function listPage<T extends { id: string; created: number }>(
  url: string,
  oldestFirst: Iterable<T>,
  query: ListQuery,
): object {
  let items = [...oldestFirst].reverse().filter((item) => isWithin(item.created, query.created));
  let hasMore: boolean;
  if (query.ending_before !== undefined) {
    items = items.slice(0, positionOf(items, query.ending_before, 'ending_before'));
    hasMore = items.length > query.limit;
    items = items.slice(-query.limit);
  } else {
    const { starting_after: cursor } = query;
    if (cursor !== undefined) items = items.slice(positionOf(items, cursor, 'starting_after') + 1);
    hasMore = items.length > query.limit;
    items = items.slice(0, query.limit);
  }
  return { object: 'list', url, has_more: hasMore, data: items };
}

function positionOf(items: { id: string }[], id: string, param: string): number {
  const position = items.findIndex((item) => item.id === id);
  if (position < 0) throw invalidParam(param, `No such object in the list: '${id}'.`, 'resource_missing');
  return position;
}

function isWithin(time: number, range: ListQuery['created']): boolean {
  if (range === undefined) return true;
  if (typeof range === 'number') return time === range;
  const { gt = -1, gte = 0, lt = Infinity, lte = Infinity } = range;
  return time > gt && time >= gte && time < lt && time <= lte;
}
