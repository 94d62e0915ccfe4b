/** The activities of both releases. */
export const activities = {
  /** Returns the step with the release that made it. A repeat is safe: it changes nothing. */
  take: (step: string): Promise<string> => Promise.resolve(`${step} ${process.env.WORKER_BUILD_ID ?? ''}`),
};
