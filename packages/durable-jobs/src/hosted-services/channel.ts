/** PostgreSQL channel for services that an operator has paused, resumed or renewed; the payload is the service's id. */
export const SERVICE_CHANNEL = 'hosted_services';
