/** Kysely types of the tables of schedules. The migrations create the tables. */
export interface ScheduleTables {
  scheduleTurns: {
    scheduleId: string;
    holder: string | null;
    heldUntil: Date;
    lastTriggeredAt: Date | null;
  };
}
