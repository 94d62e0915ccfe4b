import pg from 'pg';
import { noteDatabaseError } from './unavailable.ts';

/** A connection to the database whose errors are noted: an error does not say which server it came from. */
export class OwnClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // The event comes before the queries in progress are rejected with the error.
    this.on('error', noteDatabaseError);
    this.connect = noting<pg.Client['connect']>(this.connect.bind(this));
    this.query = noting<pg.Client['query']>(this.query.bind(this));
  }
}

/** A pool of {@link OwnClient connections to the database} that notes its own errors too, such as that of a wait for a connection. */
export class OwnPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ Client: OwnClient, ...config });
    this.connect = noting<pg.Pool['connect']>(this.connect.bind(this));
    this.query = noting<pg.Pool['query']>(this.query.bind(this));
  }
}

/** Makes a method note the error with which its promise is rejected, or its callback called. */
function noting<Method extends (...args: never[]) => unknown>(method: Method): Method {
  return ((...args: unknown[]) => {
    const done = args.at(-1);
    if (isFunction(done))
      args[args.length - 1] = (error: unknown, ...results: unknown[]) => {
        noteDatabaseError(error);
        done(error, ...results);
      };
    const result = method(...(args as never[]));
    if (!(result instanceof Promise)) return result;
    // Rejected again rather than observed: an error that no one handles must still be reported as such.
    return result.catch((error: unknown) => {
      noteDatabaseError(error);
      throw error;
    });
  }) as unknown as Method;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}
