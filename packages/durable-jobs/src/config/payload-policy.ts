import type { KeyRing } from '../values/key-ring.ts';

/**
 * Which payloads a process works with, by `PAYLOAD_ENCRYPTION`. `any` takes what comes. `encrypted` refuses what is not encrypted,
 * and `bound` also what is encrypted without its place, as builds before 0.2.0 did. `unbound` is `any`, and goes on encrypting in
 * that older form, which the builds before can read: for the time of an upgrade that replaces processes one by one.
 */
export const payloadPolicies = ['any', 'encrypted', 'bound', 'unbound'] as const;

/** A value of {@link payloadPolicies}. */
export type PayloadPolicy = (typeof payloadPolicies)[number];

/** What of the configuration shapes the encryption of payloads. */
export interface EncryptionConfig {
  /** Without it, nothing is encrypted. */
  PAYLOAD_KEYS?: KeyRing | undefined;
  PAYLOAD_ENCRYPTION: PayloadPolicy;
}
