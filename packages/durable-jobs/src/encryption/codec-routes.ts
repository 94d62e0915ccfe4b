import type { RequestHandler } from 'express';
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { bodyWithin } from '../http/middleware/body-within.ts';
import { readJson } from '../http/middleware/read-json.ts';
import { Problem } from '../http/problem.ts';
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

/** Maximum size of a page of a long history: the engine limits responses to 4 MB. */
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

/** Lets pages of one other origin, the Web UI, call the following routes with the browser's session. */
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

/**
 * Routes of the remote codec for Temporal's Web UI and CLI: it decrypts payloads for callers with a key, and encrypts payloads that they
 * send.
 */
export function codecRoutes({ encryption, config }: CodecRoutesDeps): Routes {
  const routes = new Routes('/codec');
  // The CLI also sends application/json; some versions of the Web UI send no type.
  const parse = bodyWithin(config.BODY_TIMEOUT, readJson({ limit: BODY_LIMIT, type: () => true }));
  // Decoding only reads.
  for (const [action, role] of [
    ['decode', 'viewer'],
    ['encode', 'operator'],
  ] as const) {
    routes.post(`/${action}`, role, parse, async (request, response) => {
      if (!encryption)
        throw new Problem(
          'notFound',
          'The codec is not available: PAYLOAD_KEYS is not set, so nothing is encrypted.',
        );
      const { payloads } = parseBody(request, payloadsBody);
      // The only information that these callers give about the origin of the payloads.
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
