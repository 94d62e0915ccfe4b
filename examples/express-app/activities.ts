import { pool, writeLetter } from './database.ts';

/** What the steps of workflows do. Each may be repeated: the invoice's id is the key under which it happens once. */
export const activities = {
  async bookPayment(invoiceId: string): Promise<number> {
    const { rows } = await pool.query<{ amount_minor: number }>(
      `WITH paid AS (UPDATE invoices SET paid_at = coalesce(paid_at, now()) WHERE id = $1 RETURNING id, amount_minor),
            booked AS (INSERT INTO bookings SELECT 'collect:' || id, id, amount_minor FROM paid ON CONFLICT DO NOTHING)
       SELECT amount_minor FROM paid`,
      [invoiceId],
    );
    if (!rows[0]) throw new Error('the invoice does not exist');
    return rows[0].amount_minor;
  },
  sendReceipt: (invoiceId: string) => writeLetter(`receipt:${invoiceId}`, invoiceId, 'receipt'),
};

export type Activities = typeof activities;
