import type { NavigationGroup, NavigationItem } from '../html/frame.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';

/** The navigation of the console: the library's pages, and those that the application hands in. */
export function navigationOf(
  { workKinds }: { workKinds: Pick<WorkKindRegistry, 'kinds'> },
  own: readonly NavigationItem[],
): NavigationGroup[] {
  return [
    {
      name: 'Work',
      items: [
        { name: 'Overview', path: '/' },
        { name: 'Jobs', path: '/api/jobs' },
        { name: 'Groups', path: '/api/groups' },
        { name: 'Bulk jobs', path: '/api/bulk-jobs' },
        { name: 'Schedules', path: '/api/schedules' },
        ...(workKinds.kinds.length > 0 ? [{ name: 'Work items', path: '/api/work-items' }] : []),
        { name: 'Emails', path: '/api/emails' },
      ],
    },
    {
      name: 'Failures',
      items: [
        { name: 'Dead letters', path: '/api/dead-letters' },
        { name: 'Dead starts', path: '/api/dead-starts' },
      ],
    },
    ...(own.length > 0 ? [{ name: 'Application', items: own }] : []),
    {
      name: 'System',
      items: [
        { name: 'Services', path: '/api/services' },
        { name: 'Workers and queues', path: '/api/queues' },
        { name: 'Audit trail', path: '/api/audit' },
        { name: 'API keys', path: '/api/keys' },
      ],
    },
  ];
}
