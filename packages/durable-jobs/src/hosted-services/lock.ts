/**
 * First key of the advisory locks of hosted services; the second is the hash of the service's id. Whoever holds a service's
 * lock has the right to run it. Any number that no other lock of the database has.
 */
export const SERVICE_LOCK = 5_047;
