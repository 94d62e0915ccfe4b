import { describe, expect, it } from 'vitest';
import { navigationOf } from './navigation.ts';

const names = (...args: Parameters<typeof navigationOf>): string[] =>
  navigationOf(...args).flatMap((group) => group.items.map(({ name }) => name));
const nothing = { groups: false, bulkJobs: false, services: false, workItems: false };
const optional = ['Groups', 'Bulk jobs', 'Work items', 'Services'];

describe('the navigation', () => {
  it('lists what an application uses, and its own pages', () => {
    const teas = { name: 'Teas', path: '/api/teas' };
    const all = names({ groups: true, bulkJobs: true, services: true, workItems: true }, [teas], '/');
    expect(all).toEqual(expect.arrayContaining([...optional, 'Teas', 'Overview', 'Emails']));
    const few = names(nothing, [], '/');
    expect(few.filter((name) => optional.includes(name))).toEqual([]);
    expect(few).toEqual(expect.arrayContaining(['Overview', 'Jobs', 'Emails', 'API keys']));
    expect(navigationOf(nothing, [], '/').map(({ name }) => name)).toEqual(['Work', 'Failures', 'System']);
  });

  it('lists the page that is open, even if there is nothing on it', () => {
    expect(names(nothing, [], '/api/groups/all')).toContain('Groups');
    expect(names(nothing, [], '/api/groups-of-teas')).not.toContain('Groups');
  });
});
