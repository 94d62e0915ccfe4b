import { expect, it } from 'vitest';
import { createLogger } from '../telemetry/logger.ts';
import { logEngine } from './address.ts';

/** Returns the line that a process with these options logs. */
function logged(connection: { address?: string }): unknown {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(line) });
  logEngine(logger, { connection, namespace: 'shop' });
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

it('logs which engine a process uses, and that it is the default', () => {
  expect(logged({ address: 'temporal.example.com:7233' })).toMatchObject({
    level: 'info',
    address: 'temporal.example.com:7233',
    namespace: 'shop',
  });
  expect(logged({})).toMatchObject({
    level: 'warn',
    address: 'localhost:7233',
    namespace: 'shop',
    msg: expect.stringContaining('TEMPORAL_ADDRESS is not set') as string,
  });
});
