import type { RequestHandler } from 'express';
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { bodyWithin } from '../http/middleware/body-within.ts';
import { readJson } from '../http/middleware/read-json.ts';
import { notFound } from '../http/problem.ts';
import { Routes } from '../http/routing/routes.ts';
import { parseBody } from '../http/validate.ts';
import type { ApiConfig } from '../config/config.ts';
import type { PayloadEncryption } from './payload-encryption.ts';

/** Dependencies of the remote codec. */
export interface CodecRoutesDeps {
  /** Absent if payloads are not encrypted. */
  encryption?: PayloadEncryption | undefined;
  config: Pick<ApiConfig, 'BODY_TIMEOUT'>;
}

/** A page of a long history has this much at the most: the engine's answers are limited to 4 MB. */
const BODY_LIMIT = '8mb';

const bytes = z.string().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));

/** Payloads in protobuf's JSON, as the Web UI and the CLI send them. */
const payloadsBody = z.object({
  payloads: z
    .array(
      z
        .looseObject({ metadata: z.record(z.string(), bytes).nullish(), data: bytes.nullish() })
        .transform(({ metadata, data }): Payload => ({ metadata: metadata ?? null, data: data ?? null })),
    )
    .max(10_000)
    .default([]),
});

/** Lets the pages of one other origin, the Web UI, call what follows, with the browser's session. */
export function allowOrigin(origin: string): RequestHandler {
  return (request, response, next) => {
    response.vary('Origin');
    if (request.get('origin') !== origin) {
      next();
      return;
    }
    response.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' });
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response
      .set({
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': 'authorization, content-type, x-namespace',
        'Access-Control-Max-Age': '600',
      })
      .status(204)
      .end();
  };
}

/** The remote codec of Temporal's Web UI and CLI: shows payloads in clear to who has a key, and encrypts what they send. */
export function codecRoutes({ encryption, config }: CodecRoutesDeps): Routes {
  const routes = new Routes('/codec');
  // The CLI's own type is application/json too; some versions of the Web UI say none.
  const parse = bodyWithin(config.BODY_TIMEOUT, readJson({ limit: BODY_LIMIT, type: () => true }));
  // Decoding shows, and changes nothing.
  for (const [action, role] of [
    ['decode', 'viewer'],
    ['encode', 'operator'],
  ] as const) {
    routes.post(`/${action}`, role, parse, async (request, response) => {
      if (!encryption) throw notFound('codec: PAYLOAD_KEYS is not set, and nothing is encrypted');
      const { payloads } = parseBody(request, payloadsBody);
      // All that these callers say of where the payloads are from, or go.
      const place = { namespace: request.get('x-namespace') };
      const { codec } = encryption;
      if (action === 'encode') {
        response.json({ payloads: (await codec.encode(payloads, place)).map(present) });
        return;
      }
      await Promise.all(payloads.map((payload) => codec.reveal(payload, place)));
      response.json({ payloads: payloads.map(present) });
    });
  }
  return routes;
}

function present({ metadata, data }: Payload) {
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(data ?? []).toString('base64'),
  };
}
