import type { Express } from 'express';

/** Returns every route of an application, as `GET /api/orders/:id`. All of them are routes of the application itself. */
export function routesOf(app: Express): string[] {
  const routes = app.router.stack.flatMap(({ route }) =>
    (route?.stack ?? []).flatMap(({ method }) =>
      // The handler of all methods refuses those that a path does not have.
      route && typeof method === 'string' ? [`${method.toUpperCase()} ${route.path}`] : [],
    ),
  );
  return [...new Set(routes)].toSorted();
}

/** Returns a path of a route, with parameters in a valid format; what they name need not exist. */
export function pathOf(template: string): string {
  return template
    .replace('/services/:id', '/services/outbox-relay')
    .replace('/schedules/:id', '/schedules/hourly')
    .replace('/api/jobs/:id', '/api/jobs/process-order:unknown')
    .replace('/dead-starts/:id', '/dead-starts/17')
    .replace(':sku', 'tea')
    .replace(/\/:\w+/g, '/6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10');
}
