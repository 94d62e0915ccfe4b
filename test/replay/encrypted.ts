import { createHash } from 'node:crypto';

/** `PAYLOAD_KEYS` of the recorded histories that are encrypted. They encrypt nothing else, so that they need not be secret. */
export const recordedKeys = `k1:${createHash('sha256').update('recorded histories').digest('base64')}`;

/** The namespaces of the recorded histories that are encrypted, to which their payloads are bound, by file. */
export const recordedNamespaces: Readonly<Record<string, string>> = {
  'refreshStatistics.encrypted.0.3.0.json': 'test-7f6cbd2a-75f3-43ce-9905-930788e0d728',
};
