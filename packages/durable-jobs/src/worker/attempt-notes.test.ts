import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { noteDatabaseError } from '../database/unavailable.ts';
import { AttemptNotes } from './attempt-notes.ts';

const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
noteDatabaseError(away);

function notes(): { notes: AttemptNotes; stop: () => void; written: string[] } {
  const stopping = new AbortController();
  return {
    notes: new AttemptNotes({ logger: pino({ level: 'silent' }), stopping: stopping.signal }),
    stop: () => stopping.abort(),
    written: [],
  };
}

describe('the notes of attempts', () => {
  it('are buffered in order while the database is unavailable, and delay nothing', async () => {
    const { notes: kept, written } = notes();
    let isAway = true;
    const note = (name: string) => async (): Promise<void> => {
      if (isAway) throw away;
      written.push(name);
      return Promise.resolve();
    };
    const began = performance.now();
    await kept.add(note('failed'));
    expect(performance.now() - began).toBeLessThan(60_000);
    void kept.add(note('recovered'));
    expect(written).toEqual([]);
    isAway = false;
    await vi.waitFor(() => expect(written).toEqual(['failed', 'recovered']), { timeout: 60_000 });
  });

  it('delay nothing if the database does not respond', async () => {
    const { notes: kept } = notes();
    await kept.add(() => new Promise(() => undefined));
  });

  it('are dropped one by one if they are invalid, and later ones are kept', async () => {
    const { notes: kept, written } = notes();
    await kept.add(() => Promise.reject(new Error('a column is missing')));
    await kept.add(async () => {
      written.push('next');
      return Promise.resolve();
    });
    expect(written).toEqual(['next']);
  });

  it('are limited by memory: the oldest is dropped for a new one', async () => {
    const { notes: kept, written } = notes();
    let isAway = true;
    const note = (name: number) => async (): Promise<void> => {
      if (isAway) throw away;
      written.push(String(name));
      return Promise.resolve();
    };
    const added = Array.from({ length: 10_001 }, (_, n) => kept.add(note(n)));
    await Promise.all(added);
    isAway = false;
    await vi.waitFor(() => expect(written).toHaveLength(10_000), { timeout: 60_000 });
    expect(written[0]).toBe('1');
  });

  it('are released by a worker that stops', async () => {
    const { notes: kept, stop, written } = notes();
    stop();
    await kept.add(() => Promise.reject(away));
    await kept.add(async () => {
      written.push('next');
      return Promise.resolve();
    });
    expect(written).toEqual(['next']);
  });
});
