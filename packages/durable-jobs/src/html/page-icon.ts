import { markup } from './markup.ts';

/** A clock face. It is inlined, because every file that a page loads is requested separately. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Ccircle cx='16' cy='16' r='14' fill='%232c6bd1'/%3E%3Cpath d='M16 8v9l6 4' fill='none' stroke='white' stroke-width='3' stroke-linecap='round'/%3E%3C/svg%3E";

/** The icon of a page, for its head. Without one, a browser requests `/favicon.ico`, which is not below the path of the router. */
export const pageIcon = markup`<link rel="icon" href="${icon}">`;
