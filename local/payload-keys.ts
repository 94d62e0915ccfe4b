/**
 * `npm run payload-keys -- list|rewrap|forget`: the command of platform/encryption/payload-keys-main.ts, on the database
 * and the engine of the stack that `npm start` runs, unless the environment names others.
 */
import { useStackDatabase, useStackTemporal } from './stack-file.ts';

useStackDatabase();
useStackTemporal();
await import('../platform/encryption/payload-keys-main.ts');
