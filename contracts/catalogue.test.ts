import { readFileSync } from 'node:fs';
import { isFunctionJob } from 'durable-jobs/define';
import { describe, expect, it } from 'vitest';
import { jobs } from './catalogue.ts';
import { sendWelcomeEmail } from './jobs/send-welcome-email.ts';

describe('the catalogue', () => {
  const folder = new URL('../workflows/', import.meta.url);
  const index = readFileSync(new URL('index.ts', folder), 'utf8');
  const exported = [...index.matchAll(/export \{ (.+) \} from '(.+)'/g)].flatMap(
    ([, names = '', file = '']) => names.split(', ').map((name) => [name, file] as const),
  );
  // One has no name: it runs every job that consists of one function.
  const files = new Map(exported.filter(([name]) => !name.endsWith(' as default')));

  it('has a workflow for each job that is not one function, and no workflow without a job', () => {
    const withWorkflow = jobs.all.filter((job) => !isFunctionJob(job)).map(({ type }) => type);
    expect([...files.keys()].toSorted()).toEqual(withWorkflow.toSorted());
  });

  it('has jobs that people may start wait for the time that an operator moves their start to', () => {
    const own = jobs.schedulable.filter((type) => files.get(type)?.startsWith('./'));
    expect(own.length).toBeGreaterThan(0);
    for (const type of own) {
      const source = readFileSync(new URL(files.get(type) ?? '', folder), 'utf8');
      expect(source, type).toContain('{\n  await startWhenMeant();\n');
    }
  });

  it('refuses input with fields that a job does not have: they would end in a history', () => {
    const input = { userId: '8b5c3a4e-0d4f-4c57-9b0e-2f6f6f6f6f6f', email: 'ada@example.com' };
    expect(sendWelcomeEmail.input.safeParse(input).success).toBe(false);
  });
});
