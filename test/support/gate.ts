/** Lets one side of a test wait for another. */
export interface Gate {
  opened: Promise<void>;
  open: () => void;
}

/** Creates a gate that is closed. */
export function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
