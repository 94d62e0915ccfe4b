import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';

/**
 * Returns a handler that sends one of our scripts to browsers, which revalidate it each time. The file is read once, immediately.
 * @throws if the file does not exist.
 */
export function sendScript(file: URL): RequestHandler {
  const script = readFileSync(file, 'utf8');
  return (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('js').send(script);
  };
}
