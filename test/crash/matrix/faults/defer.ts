import type { BeginFault } from './begin.ts';

/** "Requested action aborted: local error in processing": the sender tries again later. */
const LOCAL_ERROR = 451;

/** The mail server puts every recipient off. */
export const defer: BeginFault = async ({ inbox }) => {
  await inbox.refuseWith(LOCAL_ERROR);
  return () => inbox.refuseWith(undefined);
};
