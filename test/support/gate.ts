/** Lets one side of a test wait for another. */
export interface Gate {
  opened: Promise<void>;
  open: () => void;
}

/** Creates a closed gate. */
export function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
