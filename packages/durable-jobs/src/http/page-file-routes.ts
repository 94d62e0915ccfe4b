import { Routes } from './routing/routes.ts';
import { sendScript } from './send-script.ts';

/** The modules of the pages' script. */
const scripts = [
  'actions.js',
  'console.js',
  'dialog.js',
  'forms.js',
  'keys.js',
  'live.js',
  'page.js',
  'parts.js',
  'preview.js',
  'selection.js',
  'show-once.js',
  'start.js',
  'stream-places.js',
  'times.js',
];

/** Routes of the pages' scripts, which contain nothing confidential. */
export function pageFileRoutes(): Routes {
  const routes = new Routes('/console');
  for (const name of scripts) {
    routes.get(`/${name}`, 'public', sendScript(new URL(`../html/browser/${name}`, import.meta.url)));
  }
  return routes;
}

/** Scripts of the pages, which are not part of the API. */
export const pageFiles: readonly string[] = scripts.map((name) => `GET /console/${name}`);
