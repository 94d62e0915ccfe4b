import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const packageFolder = join(import.meta.dirname, '../../packages/durable-jobs');
const library = join(packageFolder, 'src');

/** The files that an application can import, as listed in the library's package.json. */
const entries = Object.values(
  (
    JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
      exports: Record<string, string | { 'durable-jobs-source': string }>;
    }
  ).exports,
).flatMap((target) => (typeof target === 'string' ? [] : join(packageFolder, target['durable-jobs-source'])));

interface Exported {
  name: string;
  /** The file with the declaration, relative to the library. */
  file: string;
  hasDocstring: boolean;
}

const parsed = new Map<string, ts.SourceFile>();

function parse(file: string): ts.SourceFile {
  const source =
    parsed.get(file) ?? ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  parsed.set(file, source);
  return source;
}

/** Returns the top-level declarations of a name in a file, including re-exports. */
function declarationsOf(file: string, name: string): { file: string; nodes: ts.Node[] } {
  const source = parse(file);
  const nodes: ts.Node[] = [];
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier) {
      const found = reExports(file, statement).find((each) => each.name === name);
      if (found) return declarationsOf(found.file, found.original);
    }
    // A type of another package, which is exported with our docstring.
    const isOwnExport =
      ts.isExportDeclaration(statement) &&
      !statement.moduleSpecifier &&
      statement.exportClause &&
      ts.isNamedExports(statement.exportClause) &&
      statement.exportClause.elements.some((element) => element.name.text === name);
    if (isOwnExport) nodes.push(statement, ...importedAs(file, source, name));
    const declarations = ts.isVariableStatement(statement)
      ? [...statement.declarationList.declarations]
      : [statement];
    nodes.push(
      ...declarations.filter((node) => ts.getNameOfDeclaration(node as ts.Declaration)?.getText() === name),
    );
  }
  return { file, nodes };
}

/** Returns the declarations that a file imports by a name from another file of the library. */
function importedAs(file: string, source: ts.SourceFile, name: string): ts.Node[] {
  return source.statements.filter(ts.isImportDeclaration).flatMap(({ importClause, moduleSpecifier }) => {
    const bindings = importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings) || !ts.isStringLiteral(moduleSpecifier)) return [];
    const found = bindings.elements.find((element) => element.name.text === name);
    if (!found || !moduleSpecifier.text.startsWith('.')) return [];
    return declarationsOf(join(dirname(file), moduleSpecifier.text), (found.propertyName ?? found.name).text)
      .nodes;
  });
}

/** Returns what a statement re-exports by name: every index lists its exports, or re-exports all of another entry. */
function reExports(
  file: string,
  statement: ts.ExportDeclaration,
): { name: string; original: string; file: string }[] {
  const { exportClause, moduleSpecifier } = statement;
  if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) return [];
  const from = join(dirname(file), moduleSpecifier.text);
  if (!exportClause && entries.includes(from)) {
    return parse(from)
      .statements.filter(ts.isExportDeclaration)
      .flatMap((each) => reExports(from, each));
  }
  if (!exportClause || !ts.isNamedExports(exportClause)) {
    throw new Error(`${relative(library, file)} must list what it exports by name: ${statement.getText()}`);
  }
  return exportClause.elements.map(({ name, propertyName }) => ({
    name: name.text,
    original: (propertyName ?? name).text,
    file: from,
  }));
}

function exportsOf(entry: string): Exported[] {
  return parse(entry)
    .statements.filter(ts.isExportDeclaration)
    .flatMap((statement) => reExports(entry, statement))
    .map(({ name, original, file }) => {
      const declared = declarationsOf(file, original);
      const hasDocstring = declared.nodes.some((node) =>
        ts
          .getJSDocCommentsAndTags(node)
          .some((comment) => ts.isJSDoc(comment) && comment.comment !== undefined),
      );
      return { name, file: relative(library, declared.file), hasDocstring };
    });
}

describe('The API reference', () => {
  it.each(entries.map((entry) => [relative(library, entry), entry]))(
    'has a docstring for every export of %s',
    (_name, entry) => {
      const exported = exportsOf(entry);
      expect(exported).not.toEqual([]);
      const without = exported.filter(({ hasDocstring }) => !hasDocstring);
      expect(without.map(({ name, file }) => `${name} in ${file}`)).toEqual([]);
    },
  );
});
