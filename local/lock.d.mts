export function tryLock(file: string): (() => void) | undefined;
export function holderOf(file: string): number | undefined;
export function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait?: (holder: number) => void,
): Promise<T>;
