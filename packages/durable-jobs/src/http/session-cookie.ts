/** The cookie's name, without what is put before it over TLS. */
export const SESSION_COOKIE = 'durable_jobs_session';
