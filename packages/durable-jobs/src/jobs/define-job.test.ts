import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue, isJobType } from '../../../../contracts/catalogue.ts';
import { jobId, kebabCase } from './define-job.ts';

describe('job ids', () => {
  it('are the job type in kebab-case and the business key', () => {
    expect(jobId(catalogue.processOrder, { orderId: 'o-1' })).toBe('process-order:o-1');
    expect(kebabCase('sendPasswordReset')).toBe('send-password-reset');
  });
});

describe('the catalogue', () => {
  it('lists each job under its own workflow type', () => {
    for (const [type, job] of Object.entries(catalogue)) expect(job.type).toBe(type);
  });

  const folder = new URL('../../../../workflows/', import.meta.url);
  const index = readFileSync(new URL('index.ts', folder), 'utf8');
  const files = new Map(
    [...index.matchAll(/export \{ (\w+) \} from '(.+)'/g)].map(([, type = '', file = '']) => [type, file]),
  );

  it('has a workflow for each job, and no workflow without one', () => {
    expect([...files.keys()].toSorted()).toEqual(Object.keys(catalogue).toSorted());
  });

  it('has jobs that people may start wait for the time that an operator moves their start to', () => {
    const schedulable = Object.values(catalogue).filter((job) => 'schedulable' in job);
    expect(schedulable.length).toBeGreaterThan(0);
    for (const { type } of schedulable) {
      const source = readFileSync(new URL(files.get(type) ?? '', folder), 'utf8');
      expect(source, type).toContain('{\n  await startWhenMeant();\n');
    }
  });

  it('refuses input with fields that a job does not have: they would end in a history', () => {
    const input = { userId: '8b5c3a4e-0d4f-4c57-9b0e-2f6f6f6f6f6f', email: 'ada@example.com' };
    expect(catalogue.sendWelcomeEmail.input.safeParse(input).success).toBe(false);
  });

  it('knows its own types alone', () => {
    expect(isJobType('processOrder')).toBe(true);
    expect(isJobType('toString')).toBe(false);
  });
});
