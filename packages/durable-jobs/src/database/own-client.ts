import pg from 'pg';
import { noteFailedConnection } from './unavailable.ts';

/** A connection to the database that has its error noted if it cannot be opened: only the error's origin tells a certificate's server. */
export class OwnClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(done: (error: Error) => void): void;
  override connect(done?: (error: Error) => void): Promise<pg.Client> | undefined {
    if (!done) {
      return super.connect().catch((error: unknown) => {
        noteFailedConnection(error);
        throw error;
      });
    }
    super.connect((error: Error) => {
      noteFailedConnection(error);
      done(error);
    });
    return undefined;
  }
}
