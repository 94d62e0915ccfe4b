import { Validator } from '@seriousme/openapi-schema-validator';
import { defineJob } from 'durable-jobs';
import { createBulkTasks, createJobs } from 'durable-jobs/define';
import { createWorkKinds } from 'durable-jobs/work-queue';
import { createServiceRegistry } from 'durable-jobs/hosted-services';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { oas31 } from 'zod-openapi';
import { apiDescription } from '../../api/openapi/description.ts';
import { describeApi } from '../../packages/durable-jobs/src/application/describe-api.ts';
import { createApiDocument, parseRoute } from '../../packages/durable-jobs/src/http/openapi/document.ts';
import { passwordPageFiles } from '../../api/password-page/docs.ts';
import { pageFiles } from '../../packages/durable-jobs/src/console/docs.ts';
import { bulkTasks } from '../../contracts/bulk.ts';
import { jobs } from '../../contracts/catalogue.ts';
import { ApiDocumentCheck, type Exchange } from '../support/api-document.ts';
import { routesOf } from '../support/routes.ts';
import { buildApp } from '../support/unconnected-app.ts';

const documented = apiDescription.resources.flatMap(({ routes }) => Object.entries(routes));

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(
      JSON.parse(JSON.stringify(createApiDocument(apiDescription))) as Record<string, unknown>,
    );
    expect(result).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('describes every route of the application, and nothing else', () => {
    const routes = routesOf(buildApp());
    const described = [...documented.map(([route]) => route), ...pageFiles, ...passwordPageFiles];
    const missing = routes.filter((route) => !described.includes(route));
    expect(
      missing,
      `Describe ${missing.join(', ')} in the docs.ts of its folder: CONTRIBUTING.md says how under "Documenting a route".`,
    ).toEqual([]);
    expect(described.filter((route) => !routes.includes(route))).toEqual([]);
    expect(routes.length).toBeGreaterThan(80);
  });

  it('gives every route a name of its own', () => {
    const ids = documented.map(([, { id }]) => id);
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
  });

  const check = new ApiDocumentCheck();

  it.each(documented)('has examples that are valid: %s', (route, { answers }) => {
    // Each response with a body has at least one, and so does each problem.
    expect(check.checkExamples(parseRoute(route))).toBeGreaterThanOrEqual(
      Object.values(answers).filter(({ content }) => Object.keys(content).length > 0).length,
    );
  });

  it('has an alternative for each job type that may be started, and each bulk task', () => {
    const schemas = Object.keys(createApiDocument(apiDescription).components?.schemas ?? {});
    for (const type of jobs.schedulable) {
      expect(schemas).toEqual(expect.arrayContaining([`StartJob_${type}`, `Schedule_${type}`]));
    }
    expect(schemas).toEqual(expect.arrayContaining(bulkTasks.tasks.map(({ name }) => `BulkItem_${name}`)));
  });
});

describe('the OpenAPI document of another application', () => {
  const remind = defineJob({
    type: 'remind',
    input: z.strictObject({ name: z.string() }).meta({ examples: [{ name: 'Ada' }] }),
    key: ({ name }) => name,
    run: () => Promise.resolve(),
  });
  const sweep = defineJob({
    type: 'sweep',
    input: z.strictObject({ floor: z.int() }),
    key: ({ floor }) => String(floor),
    run: () => Promise.resolve(),
  });

  it.each([
    ['without jobs of its own', []],
    ['whose jobs have examples', [sweep, remind]],
    ['whose jobs have none', [sweep]],
  ])('%s has valid examples, which name only its own jobs', (_which, own) => {
    const tasks = createBulkTasks({});
    const description = describeApi(
      {
        jobs: createJobs(own, tasks),
        bulkTasks: tasks,
        services: createServiceRegistry([]),
        workKinds: createWorkKinds([]),
      },
      {},
    );
    const check = new ApiDocumentCheck(description);
    const routes = description.resources.flatMap((resource) => Object.keys(resource.routes));
    const ofDefinitions = routes.filter((route) =>
      /^POST \/api\/(jobs|jobs\/batch|schedules|bulk-jobs|work-items|work-items\/requeue)$/.test(route),
    );
    expect(ofDefinitions).toHaveLength(6);
    for (const route of ofDefinitions) check.checkExamples(parseRoute(route));
    const { paths } = createApiDocument(description);
    const start = paths?.['/api/jobs']?.post?.requestBody as oas31.RequestBodyObject;
    if (own.includes(remind)) {
      expect(start.content['application/json']?.example).toMatchObject({
        type: 'remind',
        input: { name: 'Ada' },
      });
    }
  });
});

describe('the check of the running API against the document', () => {
  const check = new ApiDocumentCheck();
  const level = { sku: 'BOOK-1', available: 12 };
  const put: Exchange = {
    method: 'PUT',
    path: '/api/stock/BOOK-1',
    requestType: 'application/json',
    requestBody: '{"available":12}',
    status: 200,
    headers: new Headers({ 'content-type': 'application/json; charset=utf-8' }),
    body: JSON.stringify(level),
  };

  it('takes what is as documented', () => {
    check.check(put);
    check.check({ ...put, method: 'GET', requestType: undefined, requestBody: undefined });
    check.check({
      ...put,
      path: '/api/findings?limit=5',
      method: 'GET',
      requestBody: undefined,
      body: page(),
    });
  });

  it.each<[string, Partial<Exchange>]>([
    ['a field that is not documented', { body: JSON.stringify({ ...level, colour: 'red' }) }],
    ['a field that is missing', { body: JSON.stringify({ sku: 'BOOK-1' }) }],
    ['a status', { status: 201 }],
    ['a media type', { headers: new Headers({ 'content-type': 'text/html' }) }],
    ['a method', { method: 'POST' }],
    ['a path parameter that was taken', { path: '/api/stock/BOOK%201' }],
    ['a query parameter that was taken', { path: '/api/stock/BOOK-1?colour=red' }],
    ['a body that was taken', { requestBody: '{"available":"many"}' }],
    ['a body that was taken, of another type', { requestType: 'text/plain' }],
    ['a body that was missed', { requestBody: undefined }],
  ])('refuses %s', (_what, change) => {
    expect(() => check.check({ ...put, ...change })).toThrow(/document/);
  });

  it('refuses a problem with a code that the route does not list', () => {
    const problem = {
      type: 'urn:problem:job_closed',
      title: '',
      status: 404,
      detail: '',
      instance: '/api/stock/BOOK-1',
      code: 'job_closed',
      requestId: '',
    };
    const headers = new Headers({ 'content-type': 'application/problem+json' });
    const get = { ...put, method: 'GET', status: 404, headers, requestBody: undefined };
    expect(() => check.check({ ...get, body: JSON.stringify(problem) })).toThrow('differs');
    check.check({ ...get, body: JSON.stringify({ ...problem, code: 'not_found' }) });
  });

  it('refuses an answer without a header that is documented', () => {
    const created: Exchange = {
      ...put,
      method: 'POST',
      path: '/api/jobs',
      requestBody: '{"type":"refreshStatistics"}',
      status: 202,
      body: '{"jobId":"refresh-statistics:all-1","type":"refreshStatistics","startAt":null}',
    };
    expect(() => check.check(created)).toThrow('Location');
  });
});

function page(): string {
  return JSON.stringify({ items: [], nextCursor: null });
}
