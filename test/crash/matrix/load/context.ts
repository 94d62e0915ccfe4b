import type pg from 'pg';
import type { Accepted } from '../accepted.ts';
import type { PersistentClient } from './client.ts';

/** What the requests of a round share. */
export interface LoadContext {
  client: PersistentClient;
  /** The database of programs that insert rows, without the link of the service. */
  database: pg.Pool;
  accepted: Accepted;
  /** Makes a name that no other round and no other request uses. */
  name: (prefix: string) => string;
  /** A registered user who orders. */
  customerId: string;
}

/** Sends one request of a kind until it is accepted, and notes that. `variant` decides its details. */
export type SendLoad = (context: LoadContext, variant: number) => Promise<void>;
