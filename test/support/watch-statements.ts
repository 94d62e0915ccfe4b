import type { Kysely } from 'kysely';

/**
 * Returns a view of a database that calls `watch` before each of its statements, with the text of a raw one (parameters as `?`) and an empty
 * text for others. A statement fails with what `watch` throws.
 */
export function watchStatements<T>(db: Kysely<T>, watch: (text: string) => void): Kysely<T> {
  return db.withPlugin({
    transformQuery({ node }) {
      watch(node.kind === 'RawNode' ? node.sqlFragments.join('?') : '');
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
}
