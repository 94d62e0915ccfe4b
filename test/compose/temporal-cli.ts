/** Prints the path of the Temporal CLI that the tests use, and gets it if it is missing, together with other processes that need it. */
import { resolveTemporalCli } from 'durable-jobs/dev';
import { buildTemporal } from '../../local/build-temporal.ts';

const cli = await resolveTemporalCli((status) => console.error(status), { build: buildTemporal });
console.log(cli.path);
