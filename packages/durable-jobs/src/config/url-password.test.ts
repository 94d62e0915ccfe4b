import { expect, it } from 'vitest';
import { withoutSecrets } from './url-password.ts';

it.each([
  ['postgres://ada:secret@db:5432/jobs', 'postgres://ada@db:5432/jobs'],
  [
    'postgres://ada@db/jobs?password=secret&sslmode=require&sslpassword=secret',
    'postgres://ada@db/jobs?sslmode=require',
  ],
  ['amqps://ada:secret@mq:5671', 'amqps://ada@mq:5671'],
  ['smtp://ada:secret@mail:587', 'smtp://ada@mail:587'],
  ['redis://:secret@cache:6379/0', 'redis://cache:6379/0'],
  ['https://secret@api.example/v1?access_token=secret&page=2', 'https://api.example/v1?page=2'],
  ['https://api.example/#token=secret', 'https://api.example/'],
  ['postgres://ada:sec/ret@db', 'postgres:…'],
  ['secret', '…'],
])('prints %s without its secrets', (url, shown) => {
  expect(withoutSecrets(url)).toBe(shown);
});
