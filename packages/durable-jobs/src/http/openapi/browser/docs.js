/** The script of the API's page, for browsers. An API key that is typed in is kept nowhere: a reload forgets it. */
export {};

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

/** @type {{ SwaggerUIBundle?: (options: object) => unknown }} */
const { SwaggerUIBundle } = /** @type {object} */ (globalThis);
SwaggerUIBundle?.({
  url: document.getElementById('docs')?.dataset.url,
  dom_id: '#docs',
  deepLinking: true,
  filter: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
