import { z } from 'zod';
import { json, jsonBody, type ResourceDocs } from '../http/openapi/describe.ts';

const payloads = z
  .object({
    payloads: z
      .array(z.object({ metadata: z.record(z.string(), z.string()).optional(), data: z.string().optional() }))
      .optional(),
  })
  .meta({ id: 'Payloads', description: 'As protobuf writes `temporal.api.common.v1.Payloads` in JSON.' });

const clear = { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'ImhlbGxvIg==' }] };
const encrypted = {
  payloads: [
    { metadata: { encoding: 'YmluYXJ5L2VuY3J5cHRlZA==', 'encryption-key-id': 'azE=' }, data: 'AAAA' },
  ],
};

/** Documentation of the remote codec. */
export const codecDocs: ResourceDocs = {
  name: 'Codec',
  description:
    "For Temporal's Web UI and CLI: payloads in clear, and back. Not there while nothing is encrypted.",
  routes: {
    'POST /codec/decode': {
      id: 'decodePayloads',
      summary: 'Decrypt payloads',
      access: 'viewer',
      body: jsonBody(payloads, encrypted),
      answers: { 200: json('In clear.', payloads, clear) },
      problems: ['notFound', 'crossOriginRequest'],
    },
    'POST /codec/encode': {
      id: 'encodePayloads',
      summary: 'Encrypt payloads',
      access: 'operator',
      body: jsonBody(payloads, clear),
      answers: { 200: json('Encrypted.', payloads, encrypted) },
      problems: ['notFound'],
    },
  },
};
