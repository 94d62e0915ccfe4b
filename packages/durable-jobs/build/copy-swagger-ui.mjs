/**
 * Copies the files of Swagger UI that `/docs` serves into the build. The library does not depend on swagger-ui-dist itself, because
 * that installs a package which reports every installation (@scarf/scarf).
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const from = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const to = new URL('../dist/http/openapi/swagger-ui/', import.meta.url);
/** What docs-page.ts serves, and what the licenses require of those who pass it on. */
const files = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-32x32.png',
  'LICENSE',
  'NOTICE',
  'swagger-ui-bundle.js.LICENSE.txt',
];

mkdirSync(to, { recursive: true });
for (const file of files) copyFileSync(join(from, file), new URL(file, to));
