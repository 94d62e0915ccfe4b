import { expect, it } from 'vitest';
import { serviceIdOf, serviceJobId } from './host-service.ts';

it('the job of a service identifies the service', () => {
  expect(serviceJobId('outbox-relay')).toBe('host-service:outbox-relay');
  expect(serviceIdOf('host-service:outbox-relay')).toBe('outbox-relay');
});
