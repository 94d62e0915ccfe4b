/** The tables of schedules, as Kysely sees them; the migrations are what makes them. */
export interface ScheduleTables {
  schedule_turns: {
    schedule_id: string;
    holder: string | null;
    held_until: Date;
    last_triggered_at: Date | null;
  };
}
