import type { ApiDescription } from 'durable-jobs/http';
import { documentedProblems } from './problems.ts';
import { resources } from './resources.ts';

/** The description from which the API document is created, and by which requests are checked. */
export const apiDescription: ApiDescription = {
  resources,
  problems: documentedProblems,
  notes: ["**Amounts** are whole numbers of the currency's minor unit."],
};
