import { describe, expect, it } from 'vitest';
import { formatNotes, formatResumeNotes, parseNotes } from './notes.ts';

describe('the notes of a schedule', () => {
  it.each([
    { note: 'The figures of the day.', stateNote: null, paused: false },
    { note: 'The figures of the day.', stateNote: null, paused: true },
    { note: 'The figures of the day.', stateNote: 'The mail server moves.', paused: true },
    { note: 'The figures of the day.', stateNote: 'It has moved.', paused: false },
    { note: 'Two\nlines', stateNote: 'Why: because', paused: true },
    { note: '', stateNote: 'No note of its own.', paused: true },
    { note: '', stateNote: null, paused: true },
    { note: '', stateNote: null, paused: false },
    { note: 'Paused: never\nas it should be', stateNote: null, paused: true },
    { note: 'Paused: never\nas it should be', stateNote: null, paused: false },
    { note: 'Resumed: always\nas it should be', stateNote: null, paused: false },
  ])('are read back as they were: $note, $stateNote, paused $paused', ({ paused, ...notes }) => {
    expect(parseNotes(formatNotes(notes, paused), paused)).toEqual(notes);
  });

  it('keep the reason on one line, so that none of it is taken for the note', () => {
    const text = formatNotes({ note: 'its own', stateNote: 'first\nsecond' }, true);
    expect(text).toBe('Paused: first second\nits own');
    expect(parseNotes(text, true)).toEqual({ note: 'its own', stateNote: 'first second' });
  });

  it('consist of the own note alone once a schedule is resumed without a reason', () => {
    expect(formatResumeNotes({ note: 'its own', stateNote: null })).toBe('its own');
  });

  it('are never empty in a command to resume, which the engine would ignore', () => {
    const text = formatResumeNotes({ note: '', stateNote: null });
    expect(text).not.toBe('');
    expect(parseNotes(text, false)).toEqual({ note: '', stateNote: null });
  });

  it.each([
    ['by hand', true, 'by hand'],
    ['by hand', false, 'by hand'],
    ['', true, null],
    ['', false, null],
    ['its own', false, null],
    ['Paused: by REST\nits own', true, 'by REST'],
    ['Paused: \nan older one', true, null],
  ])('leave the own note to the action, if that keeps it: %j, paused %s', (text, paused, stateNote) => {
    expect(parseNotes(text, paused, 'its own')).toEqual({ note: 'its own', stateNote });
  });

  it('take what other programs wrote over both for the reason of a pause', () => {
    expect(parseNotes('paused due to workflow failure: x', true)).toEqual({
      note: '',
      stateNote: 'paused due to workflow failure: x',
    });
  });
});
