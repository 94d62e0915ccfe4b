/** Checks and formats of single values. */
export { durationMs } from './duration.ts';
export { emailAddress } from './email-address.ts';
export { wholeNumber } from './number-text.ts';
export { anyText, line, text } from './text.ts';
export { formatTime } from './time.ts';
