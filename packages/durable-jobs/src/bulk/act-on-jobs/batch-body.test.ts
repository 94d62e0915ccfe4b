import { expect, it } from 'vitest';
import { createJobRegistry } from '../../jobs/registry.ts';
import { batchBody } from './batch-body.ts';

const body = batchBody(createJobRegistry([]));

it.each<[string, object, string | undefined]>([
  ['runs that go on', { query: { status: 'running' }, action: 'retry' }, 'attempt'],
  ['runs that have ended', { query: { status: 'cancelled' }, action: 'retry' }, undefined],
  ['failed runs', { query: {}, all: true, action: 'retry' }, undefined],
  ['runs to cancel', { query: { status: 'running' }, action: 'cancel' }, undefined],
])('a query for %s is about their next attempts only if it retries them', (_what, request, scope) => {
  expect(body.parse(request)).toMatchObject({ scope });
});
