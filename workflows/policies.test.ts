import { msToNumber } from '@temporalio/common/lib/time.js';
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { describe, expect, it } from 'vitest';
import { uncountedFailures } from 'durable-jobs/workflow';
import * as policies from './policies.ts';

const ms = (duration: Parameters<typeof msToNumber>[0] | undefined): number =>
  duration === undefined ? Infinity : msToNumber(duration);

/** The first waits between the attempts of a policy as the engine computes them, in seconds; fewer if it has fewer attempts. */
function waitsOf({ retry = {} }: ActivityOptions, count: number): number[] {
  const { initialInterval = 1_000, backoffCoefficient = 2, maximumInterval, maximumAttempts } = retry;
  const length = Math.min(count, (maximumAttempts ?? Infinity) - 1);
  return Array.from(
    { length },
    (_, index) => Math.min(ms(initialInterval) * backoffCoefficient ** index, ms(maximumInterval)) / 1_000,
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

describe('the policy of', () => {
  it('the payment of an order makes attempts after 60, 300 and 900 s, and never for what no attempt can change', () => {
    expect(waitsOf(policies.chargeOptions, 10)).toEqual([60, 300, 900]);
    const final = policies.chargeOptions.retry?.nonRetryableErrorTypes;
    expect(final).toEqual(expect.arrayContaining(['PaymentRejected', 'OrderNotFound', 'PaymentRateLimited']));
  });

  it('a returned payment has no last attempt and no time limit', () => {
    expect(waitsOf(policies.returnPaymentOptions, 9)).toEqual([10, 20, 40, 80, 160, 320, 640, 900, 900]);
    expect(policies.returnPaymentOptions.retry?.maximumAttempts).toBeUndefined();
    expect(policies.returnPaymentOptions.scheduleToCloseTimeout).toBeUndefined();
  });

  it('an email outlasts a long weekend, and is not sent later', () => {
    expect(ms(policies.emailOptions.scheduleToCloseTimeout)).toBe(3 * 86_400_000);
    expect(waitsOf(policies.emailOptions, 9)).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600]);
    expect(policies.emailOptions.retry?.maximumAttempts).toBeUndefined();
  });

  it('the step between taking and keeping money ends after about an hour of failures', () => {
    const waits = waitsOf(policies.fulfilmentOptions, 1_000);
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(sum(waits)).toBeGreaterThan(55 * 60);
    expect(sum(waits)).toBeLessThan(65 * 60);
    expect(policies.fulfilmentOptions.retry?.nonRetryableErrorTypes).toContain('OutOfStock');
  });

  it('the erasure of a person has no last attempt and no time limit', () => {
    expect(waitsOf(policies.erasureOptions, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(policies.erasureOptions.retry?.maximumAttempts).toBeUndefined();
    expect(policies.erasureOptions.scheduleToCloseTimeout).toBeUndefined();
  });

  it('a report, and upkeep in our own database, waits longer each time, and has no last attempt', () => {
    const { compileReportOptions, upkeepOptions } = policies;
    expect(waitsOf(compileReportOptions, 9)).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600]);
    expect(waitsOf(upkeepOptions, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('the refresh of statistics ends before its next run', () => {
    expect(waitsOf(policies.refreshStatisticsOptions, 6)).toEqual([5, 10, 20, 40, 60, 60]);
    expect(ms(policies.refreshStatisticsOptions.scheduleToCloseTimeout)).toBeLessThanOrEqual(30 * 60_000);
  });

  it('reading from the provider waits longer than other upkeep, and has more time, as comparing with it has', () => {
    const { comparisonOptions, providerWalkOptions, upkeepOptions } = policies;
    expect(waitsOf(providerWalkOptions, 7)).toEqual([10, 20, 40, 80, 160, 300, 300]);
    expect(waitsOf(comparisonOptions, 8)).toEqual(waitsOf(upkeepOptions, 8));
    const hours = [upkeepOptions, comparisonOptions, providerWalkOptions].map(
      (options) => ms(options.scheduleToCloseTimeout) / 3_600_000,
    );
    expect(hours).toEqual([6, 12, 18]);
    expect(providerWalkOptions.retry?.nonRetryableErrorTypes).toContain('PaymentRejected');
  });
});

describe('every policy', () => {
  const all = Object.entries(policies as Record<string, ActivityOptions>);

  it.each(all)(
    '%s has a limit for each attempt, and notices a dead worker within half a minute',
    (_name, options) => {
      const limit = ms(options.startToCloseTimeout);
      expect(limit).toBeLessThanOrEqual(3_600_000);
      expect(Math.min(limit, ms(options.heartbeatTimeout))).toBeLessThanOrEqual(30_000);
    },
  );

  it.each(all.filter(([, { retry }]) => retry?.maximumAttempts !== undefined))(
    '%s, with a last attempt, leaves outages of our own database to its caller',
    (_name, { retry }) => {
      expect(retry?.nonRetryableErrorTypes).toEqual(expect.arrayContaining([...uncountedFailures]));
    },
  );

  it('that gives up, and does not continue from where it stopped, leaves outages of our own database to its caller', () => {
    const leaving = all
      .filter(([, { retry }]) =>
        uncountedFailures.every((type) => retry?.nonRetryableErrorTypes?.includes(type)),
      )
      .map(([name]) => name);
    expect(leaving.sort()).toEqual([
      'chargeOptions',
      'emailOptions',
      'fulfilmentOptions',
      'refreshStatisticsOptions',
    ]);
  });

  it('that takes money, or continues from where it stopped, awaits the end of a cancelled attempt', () => {
    const awaiting = all
      .filter(
        ([, options]) => options.cancellationType === ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      )
      .map(([name]) => name);
    expect(awaiting.sort()).toEqual([
      'chargeOptions',
      'comparisonOptions',
      'providerWalkOptions',
      'refreshStatisticsOptions',
      'upkeepOptions',
    ]);
  });

  it('has the task queue of what it needs', () => {
    const queues = Object.fromEntries(all.map(([name, { taskQueue }]) => [name, taskQueue]));
    expect(queues).toMatchObject({
      chargeOptions: 'payments',
      returnPaymentOptions: 'payments',
      providerWalkOptions: 'payments',
      emailOptions: 'mail',
      fulfilmentOptions: undefined,
    });
  });
});
