/** Thrown if a command line is not valid; the message says why, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Returns what a command prints if its command line is not valid. */
export function usageText({ message }: UsageError): string {
  return `${message} Run it with --help for usage.`;
}
