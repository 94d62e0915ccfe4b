import { readJson } from './read-json.ts';
import type { MatrixStack } from './stack.ts';

/** Gives jobs that wait for their next attempt this attempt now, as an operator does who does not wait for a back-off of minutes. */
export async function retryWaiting({ directUrl }: MatrixStack): Promise<void> {
  const jobs = `${directUrl}/api/jobs`;
  const { items } = await readJson<{ items: { id: string }[] }>(`${jobs}?status=retrying&limit=100`);
  for (const { id } of items) {
    // It may have begun by itself, or ended, meanwhile.
    await readJson(`${jobs}/${id}/retry`, { method: 'POST', body: { scope: 'attempt' } }).catch(
      () => undefined,
    );
  }
}
