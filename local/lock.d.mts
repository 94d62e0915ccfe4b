export function tryLock(file: string): (() => void) | undefined;
export function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait?: (holder: number) => void,
): Promise<T>;
