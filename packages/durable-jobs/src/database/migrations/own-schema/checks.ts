/** A time that clients, the engine and JavaScript can hold too; `infinity` is none. */
const time = (column: string): string =>
  `${column} >= timestamptz '1900-01-01 00:00:00+00' AND ${column} < timestamptz '2200-01-01 00:00:00+00'`;
const count = (column: string): string => `${column} BETWEEN 0 AND 1000000`;
/** A name that is looked for, shown and logged as it is. */
const name = (column: string): string =>
  `length(${column}) <= 1000 AND btrim(${column}) <> '' AND ${column} !~ '[[:cntrl:]]'`;
/** An object that is nested no deeper than the body of a request may be: what shows it recurses. */
const object = (column: string): string =>
  `jsonb_typeof(${column}) = 'object' AND NOT jsonb_path_exists(${column}, 'strict $.**{32} ? (@.type() == "object" || @.type() == "array")')`;

const conditions = { times: time, counts: count, names: name, objects: object };

/**
 * Constraints, each named `<table>_<group>_check`, of a table that other programs insert into: one bad row would fail a list,
 * or a whole batch of claims.
 */
export function checksOf(
  table: string,
  columns: Partial<Record<keyof typeof conditions, readonly string[]>>,
): string {
  return Object.entries(columns)
    .map(([group, names]) => {
      const all = names.map((column) => `(${conditions[group as keyof typeof conditions](column)})`);
      return `CONSTRAINT ${table}_${group}_check CHECK (${all.join(' AND ')})`;
    })
    .join(', ');
}
