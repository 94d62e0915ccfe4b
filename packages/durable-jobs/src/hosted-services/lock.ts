/**
 * First key of the advisory locks of hosted services; the second is the hash of the service's id. The holder of a service's lock has the
 * right to run it. Any number that no other lock of the database uses.
 */
export const SERVICE_LOCK = 5_047;
