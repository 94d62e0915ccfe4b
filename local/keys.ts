/**
 * `npm run keys -- create|list|revoke`: the command of platform/keys/keys-main.ts, on the database of the stack that
 * `npm start` runs where the environment names no other.
 */
import { useStackDatabase } from './stack-file.ts';

useStackDatabase();
await import('../platform/keys/keys-main.ts');
