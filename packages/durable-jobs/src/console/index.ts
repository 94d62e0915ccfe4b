/** The home page. */
export { pageDocs } from './docs.ts';
