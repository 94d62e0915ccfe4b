import { setTimeout as delay } from 'node:timers/promises';
import { RETRY_MS } from './client.ts';
import type { SendLoad } from './context.ts';

/** Schedules whose runs end within seconds and may overlap. */
const scheduleIds = ['daily-report', 'refresh-cache', 'hourly-sync', 'cleanup-expired'] as const;

/** A run of a schedule that a caller triggers. A request without an answer is repeated, and may start another run. */
export const sendTrigger: SendLoad = async ({ client, accepted }, variant) => {
  const scheduleId = scheduleIds[variant % scheduleIds.length] ?? scheduleIds[0];
  const request = { method: 'POST', path: `/api/schedules/${scheduleId}/trigger` };
  for (;;) {
    const answer = await client.sendOnce(request).catch(() => undefined);
    if (answer?.status === 202) {
      const { jobId } = answer.body.triggered as { jobId: string };
      accepted.triggers.push({ scheduleId, jobId });
      return;
    }
    await delay(RETRY_MS);
  }
};
