import { CamelCasePlugin } from 'kysely';

/**
 * Lets the code write the names of tables and columns in camel case, whose names in the database are in snake case. Rows of raw
 * SQL get the same keys; the text of raw SQL, and what JSON columns contain, stay as they are.
 */
export const camelCaseNames = new CamelCasePlugin({ maintainNestedObjectKeys: true });
