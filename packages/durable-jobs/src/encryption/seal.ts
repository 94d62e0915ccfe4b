import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
/** NIST SP 800-38D recommends 96 bits, and a new key before 2^32 random nonces. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts with AES-256-GCM: nonce, ciphertext, tag. The `purpose` is authenticated as well, and {@link open} must be called with the same
 * one.
 */
export function seal(key: Buffer, plaintext: Uint8Array, purpose: string | Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bytesOf(purpose));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts the output of {@link seal}. @throws if the key or the purpose differs, or any bit was changed. */
export function open(key: Buffer, sealed: Uint8Array, purpose: string | Uint8Array): Buffer {
  const box = Buffer.from(sealed);
  // In a shorter box, the nonce or tag would be truncated, or the two would overlap.
  if (box.length < NONCE_BYTES + TAG_BYTES) throw new Error('the sealed data is too short');
  const decipher = createDecipheriv(ALGORITHM, key, box.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(bytesOf(purpose))
    .setAuthTag(box.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}

function bytesOf(purpose: string | Uint8Array): Uint8Array {
  return typeof purpose === 'string' ? Buffer.from(purpose) : purpose;
}
