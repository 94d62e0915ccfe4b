/** Two texts that the engine stores as one: a schedule's own note, and the reason for its state. */
export interface ScheduleNotes {
  /** Its purpose. */
  note: string;
  /** Why it was last paused or resumed; null if no reason was given. */
  stateNote: string | null;
}

const withStateNote = {
  paused: /^Paused: ([^\n]*)\n([\s\S]*)$/,
  resumed: /^Resumed: ([^\n]*)\n([\s\S]*)$/,
};

const patternFor = (paused: boolean): RegExp => (paused ? withStateNote.paused : withStateNote.resumed);

/** Returns the text to store in the engine, which its Web UI shows. {@link parseNotes} reads it back. */
export function formatNotes({ note, stateNote }: ScheduleNotes, paused: boolean): string {
  if (!paused && stateNote === null && !patternFor(paused).test(note)) return note;
  return `${paused ? 'Paused' : 'Resumed'}: ${oneLine(stateNote ?? '')}\n${note}`;
}

/** The same as {@link formatNotes}, but never empty: the engine ignores a command to resume whose text is empty. */
export function formatResumeNotes(notes: ScheduleNotes): string {
  return formatNotes(notes, false) || 'Resumed: \n';
}

/**
 * Splits the engine's text. The engine itself, its other clients and earlier releases replace the whole text when they pause a schedule. In
 * that case all of it is the reason, and the schedule's own note is `own`, which its action keeps. A schedule from an earlier release has
 * no note in its action until someone sets it again.
 */
export function parseNotes(text: string, paused: boolean, own?: string): ScheduleNotes {
  const [, stateNote, note] = patternFor(paused).exec(text) ?? [];
  if (note !== undefined) {
    return { note: own ?? note, stateNote: stateNote === '' ? null : (stateNote ?? null) };
  }
  if (own === undefined && !paused) return { note: text, stateNote: null };
  return { note: own ?? '', stateNote: text === '' || text === own ? null : text };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
