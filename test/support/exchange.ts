import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import express, { type Request, type Response } from 'express';

/** What a request of {@link exchange} consists of. */
interface Sent {
  method?: string;
  path?: string;
  /** By name in lower case. */
  headers?: Record<string, string>;
  /** Null if it is unknown. */
  ip?: string | null;
  secure?: boolean;
}

/** Returns a request of Express and its response, for the tests of functions that take them. Nothing is sent. */
export function exchange({
  method = 'GET',
  path = '/',
  headers = {},
  ip = '192.0.2.1',
  secure = false,
}: Sent = {}): { request: Request; response: Response } {
  const message = new IncomingMessage(new Socket());
  Object.assign(message, { method, url: path, originalUrl: path, baseUrl: '', headers });
  const request = Object.setPrototypeOf(message, express.request) as Request;
  // Those of Express depend on the settings of an application.
  Object.defineProperties(request, { ip: { value: ip ?? undefined }, secure: { value: secure } });
  const response = Object.setPrototypeOf(new ServerResponse(message), express.response) as Response;
  return { request, response: Object.assign(response, { req: request }) };
}
