import { expect, it } from 'vitest';
import { parseAmqpUrl } from './amqp-connection.ts';

it.each([
  [
    'amqp://user:secret@broker.example',
    { host: 'broker.example', port: 5672, tls: false, user: 'user', password: 'secret', hostname: undefined },
  ],
  [
    'amqps://RootManageSharedAccessKey:a%2Fb%2Bc%3D@shop.servicebus.windows.net',
    {
      host: 'shop.servicebus.windows.net',
      port: 5671,
      tls: true,
      user: 'RootManageSharedAccessKey',
      password: 'a/b+c=',
      hostname: undefined,
    },
  ],
  [
    'amqp://[::1]:5673/shop%2Ftest',
    {
      host: '::1',
      port: 5673,
      tls: false,
      user: undefined,
      password: undefined,
      hostname: 'vhost:shop/test',
    },
  ],
])('reads %s', (url, expected) => {
  expect(parseAmqpUrl(url)).toEqual(expected);
});
