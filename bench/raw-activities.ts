/** An activity that does nothing. */
export async function doNothing(): Promise<void> {
  return Promise.resolve();
}
