import {
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { ServiceActivities } from './run-service.ts';
import type { HostServiceInput } from './host-service.ts';
import {
  describeServiceSignal,
  pauseServiceSignal,
  renewServiceSignal,
  resumeServiceSignal,
} from './signals.ts';
import { isHistoryLong } from '../jobs/workflow/long-history.ts';
import { serviceOptions } from './policies.ts';

const { runService } = proxyActivities<ServiceActivities>(serviceOptions);

/**
 * Keeps a service running with one activity, which works until its worker stops or its run reaches its time limit; then the workflow
 * continues as new. A history therefore has a dozen events, and a paused service adds none.
 */
export async function hostService({ serviceId, resumeAt }: HostServiceInput): Promise<void> {
  let paused = resumeAt?.paused ?? false;
  const renewal = { requested: false };
  let turn: CancellationScope | undefined;
  setHandler(pauseServiceSignal, () => {
    paused = true;
    turn?.cancel();
  });
  setHandler(resumeServiceSignal, () => {
    paused = false;
  });
  setHandler(renewServiceSignal, () => {
    renewal.requested = true;
    turn?.cancel();
  });
  setHandler(describeServiceSignal, ({ text }) => {
    if (!paused) setCurrentDetails(text);
  });

  const isPaused = (): boolean => paused;
  const isOver = (): boolean => renewal.requested || isHistoryLong();
  while (isPaused() && !isOver()) {
    setCurrentDetails(`Paused. Resume it with POST /api/services/${serviceId}/resume.`);
    await condition(() => !isPaused() || isOver());
  }
  if (renewal.requested || (isPaused() && isHistoryLong()))
    await continueAsNew<typeof hostService>({ serviceId, resumeAt: { paused } });
  setCurrentDetails(`Running. GET /api/services/${serviceId} shows where it runs and what it is doing.`);
  const whole = CancellationScope.current();
  try {
    await CancellationScope.cancellable(async () => {
      turn = CancellationScope.current();
      await runService({ serviceId });
    });
  } catch (error) {
    if (!isCancellation(error)) {
      // Only a bug gets here, because the activity is retried indefinitely. It must not cause a busy loop.
      log.error('the service could not be run', { serviceId, error });
      await sleep('30 seconds');
    }
  }
  if (whole.consideredCancelled) throw new CancelledFailure('The service was cancelled.');
  await continueAsNew<typeof hostService>({ serviceId, resumeAt: { paused } });
}
