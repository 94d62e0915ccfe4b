/**
 * `npm run payload-keys -- list|rewrap|forget`: the command of platform/encryption/payload-keys-main.ts, on the database of
 * the stack that `npm start` runs where the environment names no other.
 */
import { useStackDatabase } from './stack-file.ts';

useStackDatabase();
await import('../platform/encryption/payload-keys-main.ts');
