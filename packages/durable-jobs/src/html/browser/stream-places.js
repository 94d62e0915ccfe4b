/**
 * Streams that the pages of one browser have open at a time. Over HTTP/1.1, browsers open six connections to a server, which all tabs
 * share: the others are for pages, scripts and actions.
 */
const PLACES = 2;

/**
 * Takes a place for a stream; the returned function gives it back. Undefined if other pages have them all, or the browser cannot count them,
 * as over plain HTTP from another machine. The browser itself takes back the place of a page that was closed or has crashed.
 * @returns {Promise<(() => void) | undefined>}
 */
export async function takePlace() {
  if (!('locks' in navigator)) return undefined;
  for (let number = 1; number <= PLACES; number++) {
    const giveBack = await takeLock(`durable-jobs stream ${number}`);
    if (giveBack) return giveBack;
  }
  return undefined;
}

/**
 * Takes a lock that the pages of this browser share, unless one of them holds it.
 * @param {string} name
 * @returns {Promise<(() => void) | undefined>}
 */
function takeLock(name) {
  return new Promise((resolve) => {
    const hold = (/** @type {Lock | null} */ lock) => {
      if (lock) return new Promise((release) => resolve(() => release(undefined)));
      resolve(undefined);
      return undefined;
    };
    // A browser refuses locks to a page that may store nothing.
    navigator.locks.request(name, { ifAvailable: true }, hold).catch(() => resolve(undefined));
  });
}
