import pg from 'pg';
import { noteDatabaseError } from './unavailable.ts';

/** A connection to the database whose error is noted if it cannot be opened, or breaks: an error does not say which server it came from. */
export class OwnClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // The event comes before the queries in progress are rejected with the error.
    this.on('error', noteDatabaseError);
  }

  override connect(): Promise<pg.Client>;
  override connect(done: (error: Error) => void): void;
  override connect(done?: (error: Error) => void): Promise<pg.Client> | undefined {
    if (!done) {
      return super.connect().catch((error: unknown) => {
        noteDatabaseError(error);
        throw error;
      });
    }
    super.connect((error: Error) => {
      noteDatabaseError(error);
      done(error);
    });
    return undefined;
  }
}
