import pg from 'pg';

/** The application's own tables. Those of the library are in the schema `durable_jobs`. */
export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 5 });

export const tables = `
  CREATE TABLE IF NOT EXISTS invoices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer text NOT NULL,
    amount_minor integer NOT NULL CHECK (amount_minor > 0),
    due_at timestamptz NOT NULL DEFAULT now() + interval '14 days',
    paid_at timestamptz
  );
  CREATE TABLE IF NOT EXISTS letters (key text PRIMARY KEY, invoice_id uuid NOT NULL REFERENCES invoices, kind text);
  CREATE TABLE IF NOT EXISTS bookings (key text PRIMARY KEY, invoice_id uuid NOT NULL REFERENCES invoices, amount_minor integer)`;

/** Writes a letter once, however often the attempt that writes it is repeated. */
export async function writeLetter(key: string, invoiceId: string, kind: string): Promise<void> {
  await pool.query('INSERT INTO letters VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [key, invoiceId, kind]);
}

export async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
