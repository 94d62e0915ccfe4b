import { describe, expect, it } from 'vitest';
import { resources } from '../../api/openapi/resources.ts';
import { pathOf } from '../support/routes.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

/** Every described route of the API, with an example of its body. */
const routes = resources
  .flatMap(({ routes: described }) => Object.entries(described))
  .filter(([route]) => route.includes(' /api/'))
  .map(([route, { body }]) => {
    const [method = '', template = ''] = route.split(' ');
    return { route, method, path: pathOf(template), body: body?.content['application/json']?.example };
  });

const UNKNOWN = 'unknownField';

const paths = ({ body }: { body: unknown }): string[] =>
  ((body as { errors?: { path: string }[] } | undefined)?.errors ?? []).map(({ path }) => path);

describe('unknown fields and parameters', () => {
  it.each(routes)('is refused in the query of $route', async ({ method, path, body }) => {
    const answer = await service.request(method, `${path}?${UNKNOWN}=1`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(paths(answer)).toContain(UNKNOWN);
  });

  it.each(routes.filter(({ method, route }) => method !== 'GET' && route !== 'POST /api/bulk-jobs'))(
    'is refused in the body of $route',
    async ({ method, path, body }) => {
      const answer = await service.request(method, path, { ...(body as object | undefined), [UNKNOWN]: 1 });
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect(paths(answer)).toContain(UNKNOWN);
    },
  );

  it('is refused if a bulk job with a query also has items', async () => {
    const answer = await service.request('POST', '/api/bulk-jobs?task=reprice-orders&query=open-orders', [
      { orderId: 'x' },
    ]);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'body' }] } });
  });
});
