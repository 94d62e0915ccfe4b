import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../../../schedules/definitions.ts';
import { summarisePlan } from './print-plan.ts';

const [definition] = loadDefinitions('UTC');

describe('a plan in few words', () => {
  it('names what changes and what is paused, and is empty if everything is as declared', () => {
    if (!definition) throw new Error('nothing is declared');
    const { id } = definition;
    const unchanged = { kind: 'unchanged', definition, pause: null } as const;
    expect(summarisePlan([unchanged])).toEqual([]);
    expect(summarisePlan([{ ...unchanged, pause: { reason: 'by hand' } }])).toEqual([
      `${id} is paused: by hand`,
    ]);
    expect(
      summarisePlan([
        { kind: 'update', definition, differences: [], pause: { reason: null } },
        { kind: 'remove', id: 'older' },
      ]),
    ).toEqual([id, `${id} is paused: no reason given`, 'older']);
  });
});
