/** The key with which a start waits behind an earlier one of its job, or its open run, before it joins the line at a limit. */
export const BEHIND = 'job';
