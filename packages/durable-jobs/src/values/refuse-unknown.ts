/**
 * Refuses options that do not exist, such as a misspelt one, which would otherwise be ignored.
 * @param known the names of all options; its type keeps the list complete.
 * @throws {TypeError} that names `what` was given them, and each one.
 */
export function refuseUnknown<Options extends object>(
  what: string,
  given: Options,
  known: Record<keyof Options, true>,
): void {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  const names = unknown.join(', ');
  throw new TypeError(`${what}: ${names} ${unknown.length === 1 ? 'is not an option' : 'are not options'}.`);
}
