import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { consolePath } from './console-path.ts';

it.each([
  [`app.use('/ops', durableJobs.router());`, '/ops/'],
  ['app.use(\n  "/admin/jobs/",\n  jobs.router(),\n);', '/admin/jobs/'],
  ["app.use('/', parts.jobs.router())", '/'],
  [`app.use(durableJobs.router());`, undefined],
  ['app.use(`/${name}`, durableJobs.router());', undefined],
])('reads from %j that the console is at %s', (source, path) => {
  expect(consolePath(source)).toBe(path);
});

it('finds it in the application that init writes', () => {
  const template = new URL('../../template/app.ts', import.meta.url);
  expect(consolePath(readFileSync(template, 'utf8'))).toBe('/ops/');
});
