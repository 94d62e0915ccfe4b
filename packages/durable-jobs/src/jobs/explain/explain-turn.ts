import { DEFAULT_PRIORITY, shownUrgency, type Urgency } from '../../values/priority.ts';
import type { Why } from './why.ts';

/** The states in which a job waits for its turn. */
const inTurn: ReadonlySet<string> = new Set(['starting', 'engine_away', 'queued', 'no_worker']);

/** Adds to the reason of a job that waits for its turn what decides on it: its priority and key, unless they are the default. */
export function explainTurn(why: Why, urgency: Urgency): Why {
  const { priority, fairness } = shownUrgency(urgency);
  const isDefault = priority === DEFAULT_PRIORITY && !fairness;
  if (isDefault || !inTurn.has(why.code)) return why;
  const turns = fairness ? `, and it takes turns with others by the key ${fairness.key}` : '';
  return {
    ...why,
    sentence: `${why.sentence} Its priority is ${priority}${turns}.`,
    priority,
    ...(fairness && { fairness }),
  };
}
