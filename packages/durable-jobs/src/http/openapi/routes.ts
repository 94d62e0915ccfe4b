import { createApiDocument, type ApiDescription, type ApiDocument } from './document.ts';
import { notFound } from '../problem.ts';
import { Routes } from '../routing/routes.ts';
import { linkTo, mountPath } from '../mount.ts';
import { sendScript } from '../send-script.ts';
import { swaggerFiles, swaggerFolder } from './swagger-ui.ts';

/** How long a browser may use a file without asking again, in seconds. A new release of the service may have other files. */
const MAX_AGE_SECONDS = 3_600;

/** Returns the routes `/openapi.json` and `/docs`, a page for reading the document and sending requests. */
export function docsRoutes(api: ApiDescription): Routes {
  const routes = new Routes();
  // Except for its address, it does not change while the process runs, and creating it takes a moment.
  let document: ApiDocument | undefined;

  routes.get('/openapi.json', 'public', (_request, response) => {
    document ??= createApiDocument(api);
    response.type('json').send(JSON.stringify({ ...document, servers: [{ url: mountPath() || '/' }] }));
  });

  routes.get('/docs', 'public', (_request, response) => {
    response.type('html').send(page());
  });

  // The page needs nothing from anywhere else.
  const sendDocsScript = sendScript(new URL('browser/docs.js', import.meta.url));
  const root = swaggerFolder();
  routes.get('/docs/:file', 'public', (request, response, next) => {
    const file = String(request.params.file);
    if (file === 'docs.js') return sendDocsScript(request, response, next);
    if (!swaggerFiles.includes(file)) throw notFound(`path ${linkTo(request.path)}`);
    response.set('Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`);
    response.sendFile(file, { root, cacheControl: false });
  });

  return routes;
}

const page = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Durable Jobs: the API</title>
<link rel="icon" href="${linkTo('/docs/favicon-32x32.png')}">
<link rel="stylesheet" href="${linkTo('/docs/swagger-ui.css')}">
<style>
  body { margin: 0; }
  .swagger-ui .wrapper { max-width: 75rem; }
  .swagger-ui .info { margin: 1.5rem 0; }
  .swagger-ui .info .title small { top: -.3em; }
  .swagger-ui .scheme-container { margin: 0; padding: .5rem 0; box-shadow: none; background: none; }
  .swagger-ui .filter .operation-filter-input { margin: .5rem 0; }
  /* There is one server, which is where this page comes from. */
  .swagger-ui .servers-title, .swagger-ui .servers { display: none; }
  /* A session can't be typed in: whoever is signed in has it, and needs no key here. */
  .swagger-ui .modal-ux-content > .auth-container + .auth-container { display: none; }
  .swagger-ui .opblock-tag small { padding: 0 .5rem; }
  @media (max-width: 40rem) {
    .swagger-ui .wrapper { padding: 0 .75rem; }
    .swagger-ui .info .title { font-size: 1.7rem; }
    .swagger-ui .opblock-tag { flex-wrap: wrap; font-size: 1.25rem; }
    .swagger-ui .opblock-tag small { flex-basis: 100%; order: 3; padding: 0; }
    .swagger-ui .filter .operation-filter-input { width: 100%; max-width: none; box-sizing: border-box; }
    .swagger-ui .opblock .opblock-summary { flex-wrap: wrap; }
    .swagger-ui .opblock .opblock-summary-description { flex-basis: 100%; padding: .25rem 0; }
    .swagger-ui .parameters-col_name { width: auto; }
    .swagger-ui table.parameters tbody tr { display: block; }
  }
</style>
</head>
<body>
<div id="docs" data-url="${linkTo('/openapi.json')}"></div>
<noscript><p>This page needs JavaScript. Without it, read <a href="${linkTo('/openapi.json')}">the document itself</a>.</p></noscript>
<script src="${linkTo('/docs/swagger-ui-bundle.js')}"></script>
<script type="module" src="${linkTo('/docs/docs.js')}"></script>
</body>
</html>
`;
