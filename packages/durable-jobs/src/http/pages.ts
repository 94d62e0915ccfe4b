import type { Request, RequestHandler, Response } from 'express';
import { framePage, type NavigationGroup, type PageContent } from '../html/frame.ts';
import { findCaller } from './caller.ts';
import { prefersHtml } from './representation.ts';

/** What the pages of an application have in common. */
export interface PageSettings {
  /** Returns the navigation of the page at a path. */
  navigation: (path: string) => Promise<readonly NavigationGroup[]>;
  /** URL of Temporal's Web UI. */
  uiUrl: string;
}

const settingsOf = new WeakMap<Request, PageSettings>();

/** Lets the handlers of a request answer with pages of the console; see {@link sendPage}. */
export function providePages(settings: PageSettings): RequestHandler {
  return (request, _response, next) => {
    settingsOf.set(request, settings);
    next();
  };
}

const navigations = new WeakMap<Request, readonly NavigationGroup[]>();

/** Has the navigation ready for a request that may be answered with a page. It belongs behind the authentication. */
export const readNavigation: RequestHandler = async (request, _response, next) => {
  const settings = settingsOf.get(request);
  // The overview is a page for everyone.
  if (settings && (request.path === '/' || /text\/(html|\*)/.test(request.get('accept') ?? '')))
    navigations.set(request, await settings.navigation(request.path));
  next();
};

/**
 * Answers with JSON or with a page; see {@link prefersPage}. `page` gets the query of the request, which has passed validation.
 */
export function sendJsonOrPage(
  request: Request,
  response: Response,
  resource: { json: unknown; page: (query: Readonly<Record<string, string>>) => PageContent },
): void {
  if (prefersPage(request, response)) {
    sendPage(request, response, resource.page(request.query as Record<string, string>));
  } else response.json(resource.json);
}

/**
 * Answers with a document that is complete in itself, such as a report that is also mailed: to a signed-in person within a page of the console,
 * and to everyone else as it is.
 */
export function sendDocument(
  request: Request,
  response: Response,
  { document, page }: { document: () => string; page: () => PageContent },
): void {
  if (findCaller(request)?.via === 'session') sendPage(request, response, page());
  else response.type('html').send(document());
}

/**
 * Whether a request gets a page rather than JSON, which is for everyone else: a browser's, whose `Accept` prefers HTML, and one with a key that
 * accepts HTML and no JSON. HTTP clients of programs may name HTML first in the `Accept` that they send by default.
 */
export function prefersPage(request: Request, response: Response): boolean {
  return prefersHtml(request, response, ['application/json']);
}

/** Whether {@link sendPage} can answer a request: only within an application that provides pages. */
export function hasPages(request: Request): boolean {
  return settingsOf.has(request);
}

/**
 * Answers with a page of the console. Its navigation and its buttons are those of the person who is signed in; without a known caller it has
 * no navigation.
 */
export function sendPage(request: Request, response: Response, page: PageContent): void {
  const settings = settingsOf.get(request);
  if (!settings) throw new Error(`${request.path} is served without the settings of pages`);
  const caller = findCaller(request);
  const frame = {
    uiUrl: settings.uiUrl,
    navigation: (caller && navigations.get(request)) ?? [],
    // Buttons and the sign-out are for signed-in people; a program that sends a key needs neither.
    viewer: caller?.via === 'session' ? { name: caller.keyName, role: caller.role } : undefined,
    path: request.path,
  };
  response.type('html').send(framePage(frame, page));
}
