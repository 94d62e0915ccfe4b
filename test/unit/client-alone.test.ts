import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = join(root, 'packages/durable-jobs/src/client');
/** The dependencies of durable-jobs/client: as in its package.json, and nothing else. */
const packages = ['openapi-fetch', 'eventsource-parser'];

it('durable-jobs/client runs in a folder that has nothing but its two packages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'client-alone-'));
  await mkdir(join(folder, 'client'));
  for (const name of await readdir(sources)) {
    if (name.endsWith('.test.ts')) continue;
    const { outputText } = ts.transpileModule(await readFile(join(sources, name), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    await writeFile(join(folder, 'client', name.replace(/\.ts$/, '.js')), outputText);
  }
  for (const name of packages) {
    await cp(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(folder, 'run.js'),
    `import { createClient } from './client/index.js';
     const fetch = async () => Response.json({ jobId: 'remind:1' }, { status: 202 });
     const client = createClient({ baseUrl: 'https://shop.example', fetch });
     console.log(JSON.stringify(await client.start('remind', {})));`,
  );
  const { stdout } = await execa(process.execPath, ['run.js'], { cwd: folder });
  expect(stdout).toBe('{"jobId":"remind:1"}');
});
