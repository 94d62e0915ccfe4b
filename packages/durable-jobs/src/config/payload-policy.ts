import type { KeyRing } from '../values/key-ring.ts';

/**
 * Which payloads a process accepts, set by `PAYLOAD_ENCRYPTION`. `any` accepts all. `encrypted` refuses plaintext, and `bound` also refuses
 * payloads that are encrypted without their place, as builds before 0.2.0 wrote them. `unbound` accepts all and continues to encrypt in
 * that older format, which older builds can read: for upgrades that replace processes one by one.
 */
export const payloadPolicies = ['any', 'encrypted', 'bound', 'unbound'] as const;

/** A value of {@link payloadPolicies}. */
export type PayloadPolicy = (typeof payloadPolicies)[number];

/** Configuration of payload encryption. */
export interface EncryptionConfig {
  /** Without it, nothing is encrypted. */
  PAYLOAD_KEYS?: KeyRing | undefined;
  PAYLOAD_ENCRYPTION: PayloadPolicy;
}
