import { expect, it } from 'vitest';
import { maskAddress } from './json.ts';

it.each([
  ['ada@example.com', 'a***@example.com'],
  ['"a b"@example.com', '***@example.com'],
  ['Ada', 'A***'],
  ['ada@example.com\r\nBcc: eve@example.com', 'a***@example.com'],
  ['@example.com', '***'],
  ['ada@<script>', 'a***'],
  ['', '***'],
])('shows of %j no more than %j', (address, shown) => {
  expect(maskAddress(address)).toBe(shown);
});
