/** The cookie's name, without the prefix that it has over TLS. */
export const SESSION_COOKIE = 'durable_jobs_session';
