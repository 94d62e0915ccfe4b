/**
 * `npm run keys -- create|list|revoke`: the command of packages/durable-jobs/src/cli/keys-main.ts, on the database of the stack that
 * `npm start` runs where the environment names no other.
 */
import { useStackDatabase } from './stack-file.ts';

useStackDatabase();
await import('../packages/durable-jobs/src/cli/keys-main.ts');
