/** The tables of schedules, as Kysely sees them; the migrations are what makes them. */
export interface ScheduleTables {
  scheduleTurns: {
    scheduleId: string;
    holder: string | null;
    heldUntil: Date;
    lastTriggeredAt: Date | null;
  };
}
