import type { RequestHandler } from 'express';
import type { Role } from '../roles.ts';

/** Who may use a route: everyone, or callers whose key has this role or a higher one. */
export type Access = 'public' | Role;

/** The methods that routes have. A route for `get` also answers HEAD. */
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One route: its handlers, and who may use it. */
export interface Route {
  method: Method;
  /** The full path in Express's notation: `/api/jobs/:id`. */
  path: string;
  access: Access;
  handlers: readonly RequestHandler[];
}

type Declare = (path: string, access: Access, ...handlers: RequestHandler[]) => void;

/**
 * The routes of a resource. Each one declares who may use it; a route without this declaration is not possible. Nothing is served until
 * `serveRoutes` puts the corresponding guards in front of the handlers.
 */
export class Routes {
  readonly all: Route[] = [];
  readonly get: Declare = this.#declare('get');
  readonly post: Declare = this.#declare('post');
  readonly put: Declare = this.#declare('put');
  readonly patch: Declare = this.#declare('patch');
  readonly delete: Declare = this.#declare('delete');
  readonly #prefix: string;

  /** Creates the routes of a resource. `prefix` is the beginning of all paths, such as `/api/jobs`; the path `/` is the prefix itself. */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  #declare(method: Method): Declare {
    return (path, access, ...handlers) => {
      const whole = path === '/' && this.#prefix !== '' ? this.#prefix : this.#prefix + path;
      this.all.push({ method, path: whole, access, handlers });
    };
  }
}
