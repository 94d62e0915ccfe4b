import { z } from 'zod';
import { json, jsonBody, type ResourceDocs } from '../http/openapi/describe.ts';

const payloads = z
  .object({
    payloads: z
      .array(z.object({ metadata: z.record(z.string(), z.string()).optional(), data: z.string().optional() }))
      .optional(),
  })
  .meta({ id: 'Payloads', description: 'The protobuf JSON form of `temporal.api.common.v1.Payloads`.' });

const clear = { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'ImhlbGxvIg==' }] };
const encrypted = {
  payloads: [
    { metadata: { encoding: 'YmluYXJ5L2VuY3J5cHRlZA==', 'encryption-key-id': 'azE=' }, data: 'AAAA' },
  ],
};

/** API description of the remote codec. */
export const codecDocs: ResourceDocs = {
  name: 'Codec',
  description:
    "Decrypts and encrypts payloads for Temporal's Web UI and CLI. Not available while encryption is off.",
  routes: {
    'POST /codec/decode': {
      id: 'decodePayloads',
      summary: 'Decrypt payloads',
      access: 'viewer',
      body: jsonBody(payloads, encrypted),
      answers: { 200: json('The decrypted payloads.', payloads, clear) },
      problems: ['notFound', 'crossOriginRequest'],
    },
    'POST /codec/encode': {
      id: 'encodePayloads',
      summary: 'Encrypt payloads',
      access: 'operator',
      body: jsonBody(payloads, clear),
      answers: { 200: json('The encrypted payloads.', payloads, encrypted) },
      problems: ['notFound'],
    },
  },
};
