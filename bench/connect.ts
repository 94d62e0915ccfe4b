import pg from 'pg';
import type { PartContext } from './part.ts';

/** Connects to a database until the part ends. */
export async function connect(url: string, { onClose }: Pick<PartContext, 'onClose'>): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onClose(() => client.end());
  return client;
}
