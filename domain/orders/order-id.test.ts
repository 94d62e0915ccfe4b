import { expect, it } from 'vitest';
import { orderIdOf } from './order-id.ts';

it('is the id of the message if that is a UUID, in lower case', () => {
  expect(orderIdOf('6A1F3C52-3A7E-4A6C-8F0B-1D2F9F0F4C10')).toBe('6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10');
});

it('is made from any other message id, the same every time', () => {
  // Never changes: redelivered messages find their order by it.
  expect(orderIdOf('shop-42')).toBe('7eef4ac4-57d4-87f9-8ce9-22b1e69b2f3c');
  expect(orderIdOf('shop-42')).not.toBe(orderIdOf('shop-43'));
  expect(orderIdOf('00000000-0000-f000-0000-000000000001')).toMatch(/^.{14}8/);
});
