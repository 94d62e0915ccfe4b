import type { ApiDescription } from 'durable-jobs/http';
import { documentedProblems } from './problems.ts';
import { resources } from './resources.ts';

/** What the API document is made of, and what requests are held against. */
export const apiDescription: ApiDescription = {
  resources,
  problems: documentedProblems,
  notes: ["**Amounts** are whole numbers of the currency's minor unit."],
};
