import { describe, expect, it } from 'vitest';
import { Condition, isSearchable, jobQuery } from './visibility-query.ts';

const now = new Date('2026-02-03T04:05:06.000Z');

describe('a query for jobs', () => {
  it('finds all our jobs, and no other workflow, without a filter', () => {
    expect(jobQuery({})).toBe('JobType IS NOT NULL');
  });

  it('combines the filters', () => {
    const query = jobQuery({
      types: ['processOrder', 'returnPayment'],
      statuses: ['failed'],
      businessKeyPrefix: '12',
      startedAfter: now,
      closedBefore: now,
    });
    expect(query).toBe(
      `JobType IN ('processOrder', 'returnPayment') AND BusinessKey STARTS_WITH '12'` +
        ` AND StartTime >= '2026-02-03T04:05:06.000Z' AND CloseTime < '2026-02-03T04:05:06.000Z'` +
        ` AND ((ExecutionStatus IN ('Failed', 'TimedOut')))`,
    );
  });

  it('distinguishes jobs whose time is in the future from those that have begun', () => {
    expect(jobQuery({ statuses: ['scheduled', 'completed'] }, now)).toBe(
      `JobType IS NOT NULL AND ((ExecutionStatus IN ('Running') AND ExecutionTime > '2026-02-03T04:05:06.000Z')` +
        ` OR (ExecutionStatus IN ('Completed')))`,
    );
  });

  it.each([
    [`%_!`, `'%_!'`],
    ['', `''`],
  ])('takes %j for a value', (value, quoted) => {
    expect(jobQuery({ businessKey: value })).toBe(`JobType IS NOT NULL AND BusinessKey IN (${quoted})`);
    expect(jobQuery({ businessKeyPrefix: value })).toBe(
      `JobType IS NOT NULL AND BusinessKey STARTS_WITH ${quoted}`,
    );
  });

  it.each(["x' OR '1'='1", "'", 'a\\', "\\' OR 1=1", 'a"b', 'a\nb', 'a\0', 'why?', '\u007f', '\ud83d'])(
    'finds nothing by %j, which no job has and the engine cannot be requested',
    (text) => {
      expect(isSearchable(text)).toBe(false);
      expect(Condition.isOneOf('BusinessKey', [text]).toString()).toBe('JobType IS NULL');
      expect(Condition.startsWith('BusinessKey', text).toString()).toBe('JobType IS NULL');
      expect(Condition.isOneOf('RunId', ['fine', text]).toString()).toBe("RunId IN ('fine')");
    },
  );

  it('compares with instants alone', () => {
    const at = '2026-01-02T03:04:05.123456789Z';
    expect(Condition.compare('CloseTime', '<=', at).toString()).toBe(`CloseTime <= '${at}'`);
    for (const text of ['', 'now', "2026-01-01T00:00:00Z' OR '", '2026-01-01', '2026-01-01T00:00:00+01:00']) {
      expect(() => Condition.compare('CloseTime', '<=', text)).toThrow('cannot compare');
    }
  });

  it('finds nothing among no values', () => {
    expect(Condition.isOneOf('RunId', []).toString()).toBe('JobType IS NULL');
  });
});
