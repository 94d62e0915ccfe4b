import type { Express } from 'express';

/** Every route of an application, as `GET /api/orders/:id`. All of them are routes of the application itself. */
export function routesOf(app: Express): string[] {
  const routes = app.router.stack.flatMap(({ route }) =>
    (route?.stack ?? []).flatMap(({ method }) =>
      // What answers every method is the refusal of those that a path does not have.
      route && typeof method === 'string' ? [`${method.toUpperCase()} ${route.path}`] : [],
    ),
  );
  return [...new Set(routes)].toSorted();
}
