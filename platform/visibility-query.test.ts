import { describe, expect, it } from 'vitest';
import { Condition, jobQuery } from './visibility-query.ts';

const now = new Date('2026-02-03T04:05:06.000Z');

describe('a query for jobs', () => {
  it('finds all jobs of ours, and no other workflow, where nothing is asked for', () => {
    expect(jobQuery({})).toBe('JobType IS NOT NULL');
  });

  it('joins what is asked for', () => {
    const query = jobQuery({
      types: ['processOrder', 'returnPayment'],
      statuses: ['failed'],
      businessKeyPrefix: '12',
      startedAfter: now,
      closedBefore: now,
    });
    expect(query).toBe(
      `JobType IN ('processOrder', 'returnPayment') AND ((ExecutionStatus IN ('Failed', 'TimedOut')))` +
        ` AND BusinessKey STARTS_WITH '12' AND StartTime >= '2026-02-03T04:05:06.000Z'` +
        ` AND CloseTime < '2026-02-03T04:05:06.000Z'`,
    );
  });

  it('tells jobs whose time is yet to come from those that have begun', () => {
    expect(jobQuery({ statuses: ['scheduled', 'completed'] }, now)).toBe(
      `JobType IS NOT NULL AND ((ExecutionStatus IN ('Running') AND ExecutionTime > '2026-02-03T04:05:06.000Z')` +
        ` OR (ExecutionStatus IN ('Completed')))`,
    );
  });

  it.each([
    [`x' OR '1'='1`, `'x'' OR ''1''=''1'`],
    [`x\\' OR 1=1`, `'x\\\\'' OR 1=1'`],
    [`\\`, `'\\\\'`],
    ['', `''`],
  ])('takes %j for a value', (value, quoted) => {
    expect(jobQuery({ businessKey: value })).toBe(`JobType IS NOT NULL AND BusinessKey IN (${quoted})`);
    expect(jobQuery({ businessKeyPrefix: value })).toBe(
      `JobType IS NOT NULL AND BusinessKey STARTS_WITH ${quoted}`,
    );
  });

  it('finds nothing among no values', () => {
    expect(Condition.isOneOf('RunId', []).toString()).toBe('JobType IS NULL');
  });
});
