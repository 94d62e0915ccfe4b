import { expect, it } from 'vitest';
import { workItemListPage } from './pages.ts';

it('has the same parts whether there are work items or not', () => {
  const backlog = {
    kind: 'adjust-stock',
    known: true,
    pending: 1,
    running: 0,
    dead: 0,
    due: 1,
    oldestDueAgeMs: 20,
  };
  const partsOf = (backlogs: (typeof backlog)[]) => {
    const { content } = workItemListPage(
      {},
      { items: [], nextCursor: null },
      { backlogs, kinds: ['adjust-stock'] },
    );
    return [...content.toString().matchAll(/id="([\w-]+)" data-live/g)].map(([, id]) => id);
  };
  expect(partsOf([])).toEqual(['backlogs-content', 'list-content']);
  expect(partsOf([backlog])).toEqual(partsOf([]));
});
