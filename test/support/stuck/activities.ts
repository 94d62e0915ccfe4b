import { Context } from '@temporalio/activity';

/** Activities that do not end by themselves. */
export interface StuckActivities {
  hang: () => Promise<void>;
}

/** See {@link StuckActivities}. They end with their worker. */
export const stuckActivities: StuckActivities = {
  hang: () => Context.current().cancelled,
};
