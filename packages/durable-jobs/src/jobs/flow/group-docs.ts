import type { z } from 'zod';
import { jsonOrPage, type ResourceDocs } from '../../http/openapi/describe.ts';
import { groupJson, groupPageJson, type GroupPageJson } from './group-json.ts';
import { groupParams, groupQuery, groupsQuery } from './group-routes.ts';

const listed: GroupPageJson['items'][number] = {
  id: 'import-2026-03',
  state: 'running',
  createdAt: '2026-03-02T09:16:00.000Z',
  closedAt: '2026-03-02T09:16:00.000Z',
  completedAt: null,
  counts: {
    total: 2,
    pending: 1,
    completed: 1,
    failed: 0,
    cancelled: 0,
    terminated: 0,
    notStarted: 0,
    unknown: 0,
  },
  links: { self: '/api/groups/import-2026-03' },
};

const example: z.output<typeof groupJson> = {
  ...listed,
  completion: { type: 'mailImportReport', jobId: 'mail-import-report:2026-03' },
  jobs: {
    items: [
      {
        jobId: 'import-file:1',
        end: 'completed',
        endedAt: '2026-03-02T09:17:10.000Z',
        links: { job: '/api/jobs/import-file:1' },
      },
      { jobId: 'import-file:2', end: null, endedAt: null, links: { job: '/api/jobs/import-file:2' } },
    ],
    nextCursor: null,
  },
  links: { self: '/api/groups/import-2026-03', completion: '/api/jobs/mail-import-report:2026-03' },
};

/** API description of groups of jobs. */
export const groupDocs: ResourceDocs = {
  name: 'Groups of jobs',
  description: 'Jobs that were enqueued as a group, and the one that starts when all of them have ended.',
  routes: {
    'GET /api/groups': {
      id: 'listGroups',
      summary: 'List groups, newest first',
      description: 'Returns JSON or a page, depending on `Accept`.',
      query: groupsQuery,
      answers: { 200: jsonOrPage('A page of groups.', groupPageJson, { items: [listed], nextCursor: null }) },
      problems: ['notAcceptable'],
    },
    'GET /api/groups/:id': {
      id: 'getGroup',
      summary: 'Read how far a group is, and a page of its jobs',
      description: 'Returns JSON or a page, depending on `Accept`.',
      params: groupParams,
      query: groupQuery,
      answers: { 200: jsonOrPage('The group.', groupJson, example) },
      problems: ['notFound', 'notAcceptable'],
    },
  },
};
