import type pg from 'pg';
import { apply, type Item } from './effect.ts';

/** Creates the activities of the bare SDK: one that does nothing, and one that makes the effect of an item. */
export function rawActivities(pool: pg.Pool) {
  return {
    doNothing: () => Promise.resolve(),
    applyItem: (item: Item) => apply(pool, item),
  };
}
