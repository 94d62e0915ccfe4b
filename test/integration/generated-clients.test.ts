import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiDescription } from '../../api/openapi/description.ts';
import { createApiDocument } from '../../packages/durable-jobs/src/http/openapi/document.ts';
import { runTask } from '../../packages/durable-jobs/src/dev/executables.ts';
import { resolveOpenapiPythonClient } from '../support/servers/openapi-python-client.ts';

/** Two independent generators: if both can read the document, others can, too. */
const python = await resolveOpenapiPythonClient(() => undefined);
const GENERATE_MS = 240_000;

const document = createApiDocument(apiDescription);
const operations = Object.values(document.paths ?? {}).flatMap((path) =>
  Object.values(path).flatMap((operation: unknown) => {
    const { operationId } = (operation ?? {}) as { operationId?: unknown };
    return typeof operationId === 'string' ? [operationId] : [];
  }),
);

describe('a client that is generated from the OpenAPI document', () => {
  let folder = '';
  let file = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'generated-clients-'));
    file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(document));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('gives each schema a unique name, whatever a generator uses', () => {
    const schemas = Object.entries(document.components?.schemas ?? {});
    const titles = schemas.map(([id, schema]) => (schema as { title?: string }).title ?? id);
    const normalized = titles.map((title) => title.replace(/[^a-z0-9]/gi, '').toLowerCase());
    expect(normalized.filter((name, index) => normalized.indexOf(name) !== index)).toEqual([]);
    expect(operations.length).toBeGreaterThan(80);
  });

  it(
    'compiles in TypeScript and has every operation, by openapi-typescript',
    async () => {
      const types = join(folder, 'api.ts');
      const cli = fileURLToPath(new URL('../../node_modules/openapi-typescript/bin/cli.js', import.meta.url));
      await runTask(process.execPath, [cli, file, '--output', types], { timeoutMs: GENERATE_MS });
      const uses = join(folder, 'uses.ts');
      await writeFile(
        uses,
        `import type { operations } from './api.js';\n${operations
          .map((id, n) => `export type Answers${n} = operations['${id}']['responses'];`)
          .join('\n')}\n`,
      );
      const program = ts.createProgram([types, uses], {
        strict: true,
        noEmit: true,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        types: [],
      });
      const diagnostics = ts.getPreEmitDiagnostics(program);
      expect(
        diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
      ).toEqual([]);
    },
    GENERATE_MS,
  );

  it.skipIf(python.howToGet !== undefined)(
    `is imported in Python and has every operation, by openapi-python-client ${python.howToGet ?? ''}`.trim(),
    async () => {
      const { generator = '', python: interpreter = '' } = python;
      const target = join(folder, 'client');
      const settings = ['--path', file, '--output-path', target, '--meta', 'none'];
      // It formats its output with a program that is installed next to it.
      const env = { ...process.env, PATH: [dirname(generator), process.env.PATH].join(delimiter) };
      const said = await runTask(generator, ['generate', ...settings], { timeoutMs: GENERATE_MS, env });
      expect(said).not.toMatch(/will not be generated|ERROR/);
      const files = await readdir(join(target, 'api'), { recursive: true });
      const made = files.map((path) => path.replace(/^.*[\\/]/, '')).filter((name) => name !== '__init__.py');
      expect(made.filter((name) => name.endsWith('.py')).toSorted()).toEqual(
        operations.map((id) => `${snakeCase(id)}.py`).toSorted(),
      );
      const importAll = `
import importlib, pkgutil, client
for module in pkgutil.walk_packages(client.__path__, 'client.'):
    importlib.import_module(module.name)
`;
      await runTask(interpreter, ['-c', importAll], { timeoutMs: GENERATE_MS, cwd: folder });
    },
    2 * GENERATE_MS,
  );
});

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
