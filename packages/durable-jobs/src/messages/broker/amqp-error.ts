/** Returns an error from a broker, or from the connection to it, with AMQP's condition and description if there are any. */
export function describeAmqpError(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return 'the broker closed it without a reason';
  const { condition, description, message, library, reason } = error as Record<string, unknown>;
  // The rest of OpenSSL's message is where in its sources it occurred.
  if (library === 'SSL routines' && typeof reason === 'string') return `TLS: ${reason}`;
  const told = [condition, description].filter((part) => typeof part === 'string' && part !== '');
  if (told.length > 0) return told.join(': ');
  return typeof message === 'string' && message !== '' ? message : 'no reason was given';
}
