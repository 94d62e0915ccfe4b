import { Router, type Express } from 'express';

interface Layer {
  route?: { path: string; stack: { method?: string }[] } | undefined;
}

interface Stacked {
  stack: Layer[];
}

function isRouter(value: unknown): value is Stacked {
  return typeof value === 'function' && 'stack' in value && Array.isArray(value.stack);
}

/**
 * Every route of the application that `build` makes, as `GET /api/orders/:id`. Express keeps the path of a mounted router in
 * a form that can't be read back, so it is noted when it is given.
 */
export function routesOf(build: () => Express): string[] {
  const mounts: { parent: unknown; path: string; router: Stacked }[] = [];
  const prototype = Router.prototype as { use: (...args: unknown[]) => unknown };
  const { use } = prototype;
  prototype.use = function (this: unknown, ...args: unknown[]) {
    const path = typeof args[0] === 'string' && args[0] !== '/' ? args[0] : '';
    for (const router of args.flat(3).filter(isRouter)) mounts.push({ parent: this, path, router });
    return use.apply(this, args);
  };
  let app: Express;
  try {
    app = build();
  } finally {
    prototype.use = use;
  }
  const walk = (router: Stacked, prefix: string): string[] => [
    ...router.stack.flatMap(({ route }) =>
      (route?.stack ?? []).flatMap(({ method }) => {
        // What answers every method is the refusal of those that a path does not have.
        if (!route || method === undefined) return [];
        const path = prefix !== '' && route.path === '/' ? prefix : prefix + route.path;
        return [`${method.toUpperCase()} ${path}`];
      }),
    ),
    ...mounts
      .filter(({ parent }) => parent === router)
      .flatMap(({ path, router: child }) => walk(child, prefix + path)),
  ];
  return [...new Set(walk(app.router, ''))].toSorted();
}
