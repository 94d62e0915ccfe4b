import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { searchHistories } from '../support/search-histories.ts';
import type { SecretInUse } from '../support/secrets-in-use.ts';

// A separate engine: the run's engine is searched when the run ends, and must contain none of this.
const engine = useOwnEngine();

describe('the search of all histories at the end of a run', () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await Connection.connect({ address: engine.address() });
  });
  afterAll(() => connection.close());

  const secrets: SecretInUse[] = [
    { kind: 'password', text: 'correct horse (battery)' },
    { kind: 'token', text: 'T'.repeat(43) },
    { kind: 'mail body', text: 'Welcome to the shop, we are glad' },
  ];
  const start = (options: object) =>
    new Client({ connection }).workflow.start('nobodyRunsThis', {
      workflowId: randomUUID(),
      taskQueue: 'nobody',
      ...options,
    });

  it('finds nothing if there is nothing', async () => {
    await start({ args: [{ userId: randomUUID(), note: 'correct horse' }] });
    // The engine lists a run a moment after its start.
    await eventually(async () =>
      expect(await searchHistories(engine.address(), secrets)).toMatchObject({ executions: 1, leaks: [] }),
    );
  });

  it('finds passwords, tokens, addresses, keys and mails, wherever they stand', async () => {
    await start({ args: ['correct horse (battery)'] });
    await start({ memo: { link: `https://shop.example/#token=${'T'.repeat(43)}` } });
    await start({ staticSummary: 'for ada@mail.example.com' });
    await start({ workflowId: 'Welcome to the shop, we are glad' });
    await start({ args: [{ deep: [`djk_0123456789ab_${'x'.repeat(43)}`] }] });
    const leaks = await eventually(async () => {
      const found = await searchHistories(engine.address(), secrets);
      expect(found.executions).toBe(6);
      return found.leaks;
    });
    expect([...new Set(leaks.map(({ kind }) => kind))].toSorted()).toEqual([
      'API key',
      'address',
      'mail body',
      'password',
      'token',
    ]);
  });
});
