import { CamelCasePlugin } from 'kysely';

/**
 * Translates between camel case names of tables and columns in the code and snake case names in the database. Rows of raw SQL are
 * translated as well; the text of raw SQL and the content of JSON columns are not.
 */
export const camelCaseNames = new CamelCasePlugin({ maintainNestedObjectKeys: true });
