import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dispatchSettings } from './dispatch-settings.ts';
import { temporalServerSpec } from './temporal-server.ts';

const fair = 'matching.enableFairness=true';
const newFile = (): string => join(mkdtempSync(join(tmpdir(), 'dispatch-')), 'temporal.sqlite');
const argumentsFor = (dbFile: string): readonly string[] | undefined =>
  temporalServerSpec({ executable: 'temporal', port: 1, uiPort: 2, logFile: 'log', dbFile }).args;

it('are by priority in memory, and with a new file at each of its starts', () => {
  expect(dispatchSettings(undefined)).toContain(fair);
  const file = newFile();
  expect(argumentsFor(file)).toContain(fair);
  writeFileSync(file, 'tables');
  expect(argumentsFor(file)).toContain(fair);
});

it('stay as they were for a file that an earlier release created: its tasks would not be found', () => {
  const file = newFile();
  writeFileSync(file, 'tables');
  expect(argumentsFor(file)).not.toContain(fair);
  expect(argumentsFor(file)).not.toContain(fair);
});
