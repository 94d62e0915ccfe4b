/** Checks and formats of single values. */
export { durationMs, writeDuration } from './duration.ts';
export { emailAddress, normaliseEmail } from './email-address.ts';
export {
  durationUnit,
  formatBytes,
  formatCompact,
  formatCount,
  formatDay,
  formatDuration,
  formatName,
  formatShare,
  formatShortDay,
} from './format.ts';
export { wholeNumber } from './number-text.ts';
export { anyText, line, quoted, text } from './text.ts';
export { formatTime } from './time.ts';
