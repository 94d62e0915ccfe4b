import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';

/**
 * Returns a handler that sends a script of our own to browsers, which ask each time whether it has changed. The file is read once, now.
 * @throws if there is no such file.
 */
export function sendScript(file: URL): RequestHandler {
  const script = readFileSync(file, 'utf8');
  return (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('js').send(script);
  };
}
