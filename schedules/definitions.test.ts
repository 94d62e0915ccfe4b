import { expect, it } from 'vitest';
import { loadDefinitions } from './definitions.ts';

it('loses no day of the daily report: no run waits for another one or gives way to it, nor to a week without the engine', () => {
  const report = loadDefinitions('Europe/Berlin').find(({ id }) => id === 'daily-report');
  expect(report).toMatchObject({ overlap: 'allow_all', catchupWindowMs: 7 * 86_400_000 });
});
