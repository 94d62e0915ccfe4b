/** The PostgreSQL channel that wakes the relay. */
export const outboxChannel = 'outbox';
