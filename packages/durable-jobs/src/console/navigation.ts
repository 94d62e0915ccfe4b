import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import { ownServices } from '../hosted-services/own-services.ts';
import type { ServiceRegistry } from '../hosted-services/service-registry.ts';
import { isBelow, type NavigationGroup, type NavigationItem } from '../html/frame.ts';
import { withinTime } from '../process/within-time.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';

/** What of the library an application uses, as far as only some applications do. */
export interface Used {
  groups: boolean;
  bulkJobs: boolean;
  services: boolean;
  workItems: boolean;
}

/**
 * The navigation of the console: the library's pages, and those that the application hands in. It leaves out what the application does not
 * use, except for the page at `path` itself.
 */
export function navigationOf(used: Used, own: readonly NavigationItem[], path: string): NavigationGroup[] {
  const items: Record<string, (NavigationItem & { isUsed?: boolean })[]> = {
    Work: [
      { name: 'Overview', path: '/' },
      { name: 'Jobs', path: '/api/jobs' },
      { name: 'Groups', path: '/api/groups', isUsed: used.groups },
      { name: 'Bulk jobs', path: '/api/bulk-jobs', isUsed: used.bulkJobs },
      { name: 'Schedules', path: '/api/schedules' },
      { name: 'Work items', path: '/api/work-items', isUsed: used.workItems },
      { name: 'Emails', path: '/api/emails' },
    ],
    Failures: [
      { name: 'Dead letters', path: '/api/dead-letters' },
      { name: 'Dead starts', path: '/api/dead-starts' },
    ],
    Application: [...own],
    System: [
      { name: 'Services', path: '/api/services', isUsed: used.services },
      { name: 'Workers and queues', path: '/api/queues' },
      { name: 'Audit trail', path: '/api/audit' },
      { name: 'API keys', path: '/api/keys' },
    ],
  };
  return Object.entries(items)
    .map(([name, all]) => ({
      name,
      items: all
        .filter((item) => item.isUsed !== false || isBelow(item.path, path))
        .map((item) => ({ name: item.name, path: item.path })),
    }))
    .filter((group) => group.items.length > 0);
}

/** How long the answer of the database is used again: every page has a navigation. */
const FRESH_MS = 5_000;
/** Longest wait of a page for its navigation. */
const PATIENCE_MS = 500;

/**
 * Returns a function that creates the navigation of a page. What only some applications use is what this one has declared, or has rows of. If
 * the database does not respond in time, everything is listed.
 */
export function createNavigation(
  deps: {
    db: Db;
    hasBulkTasks: boolean;
    services: Pick<ServiceRegistry, 'ids'>;
    workKinds: Pick<WorkKindRegistry, 'kinds'>;
  },
  own: readonly NavigationItem[],
): (path: string) => Promise<NavigationGroup[]> {
  let last: { at: number; used: Promise<Used> } | undefined;
  const look = async (): Promise<Used> => {
    const rows = await withinTime(
      PATIENCE_MS,
      () => usedTables(deps.db),
      () => new Error('the database did not respond in time'),
    ).catch(() => ({ groups: true, bulkJobs: true, services: true }));
    return {
      groups: rows.groups,
      bulkJobs: rows.bulkJobs || deps.hasBulkTasks,
      services: rows.services || deps.services.ids.some((id) => !(id in ownServices)),
      workItems: deps.workKinds.kinds.length > 0,
    };
  };
  return async (path) => {
    if (last === undefined || Date.now() - last.at > FRESH_MS) last = { at: Date.now(), used: look() };
    return navigationOf(await last.used, own, path);
  };
}

async function usedTables(db: Db): Promise<Pick<Used, 'groups' | 'bulkJobs' | 'services'>> {
  const some = (table: 'jobGroups' | 'bulkJobs' | 'hostedServices') =>
    sql<boolean>`EXISTS (SELECT FROM ${sql.table(table)})`;
  return db
    .selectNoFrom([
      some('jobGroups').as('groups'),
      some('bulkJobs').as('bulkJobs'),
      some('hostedServices').as('services'),
    ])
    .executeTakeFirstOrThrow();
}
