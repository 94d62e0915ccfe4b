import pg from 'pg';
import { noteDatabaseError } from './unavailable.ts';

/** A connection to the database whose error is noted if it cannot be opened, or breaks: only the origin of an error tells its server. */
export class OwnClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // Before the queries in progress get it.
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
