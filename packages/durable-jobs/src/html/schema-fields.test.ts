import { expect, it } from 'vitest';
import { z } from 'zod';
import { schemaFields } from './schema-fields.ts';

const yesOrNo = [
  { value: 'true', label: 'yes' },
  { value: 'false', label: 'no' },
];

it('makes a field of each property', () => {
  const schema = z.strictObject({
    sku: z.string().max(40).meta({ description: 'The article.' }),
    count: z.int().positive(),
    rate: z.number().default(0.5),
    isGift: z.boolean(),
    isUrgent: z.boolean().optional(),
    size: z.enum(['s', 'm']),
    level: z.literal([1, 2]),
    at: z.iso.datetime({ offset: true }),
    day: z.iso.date(),
    note: z.string().nullable(),
    extra: z.string().nullish(),
    choice: z.enum(['s', 'm']).nullable(),
    lines: z.array(z.strictObject({ sku: z.string() })),
  });
  const json = { type: 'json', reads: 'json', hint: 'As JSON.' };
  expect(schemaFields(schema, 'input')).toEqual([
    { name: 'input.sku', label: 'sku', type: 'text', maxLength: 40, required: true, hint: 'The article.' },
    { name: 'input.count', label: 'count', type: 'integer', reads: 'json', required: true, hint: '' },
    {
      name: 'input.rate',
      label: 'rate',
      type: 'number',
      reads: 'json',
      required: false,
      hint: 'By default 0.5.',
    },
    {
      name: 'input.isGift',
      label: 'isGift',
      type: yesOrNo,
      isUnselected: true,
      reads: 'json',
      required: true,
      hint: '',
    },
    {
      name: 'input.isUrgent',
      label: 'isUrgent',
      type: yesOrNo,
      isUnselected: true,
      reads: 'json',
      required: false,
      hint: '',
    },
    { name: 'input.size', label: 'size', type: ['s', 'm'], isUnselected: true, required: true, hint: '' },
    {
      name: 'input.level',
      label: 'level',
      type: [
        { value: '1', label: '1' },
        { value: '2', label: '2' },
      ],
      isUnselected: true,
      reads: 'json',
      required: true,
      hint: '',
    },
    { name: 'input.at', label: 'at', type: 'time', required: true, hint: '' },
    { name: 'input.day', label: 'day', type: 'date', required: true, hint: '' },
    // It must be sent, and may be null.
    {
      name: 'input.note',
      label: 'note',
      type: 'text',
      maxLength: 10_000,
      required: false,
      whenEmpty: null,
      hint: '',
    },
    { name: 'input.extra', label: 'extra', type: 'text', maxLength: 10_000, required: false, hint: '' },
    {
      name: 'input.choice',
      label: 'choice',
      type: ['s', 'm'],
      isUnselected: true,
      required: false,
      whenEmpty: null,
      hint: '',
    },
    { name: 'input.lines', label: 'lines', ...json, required: true },
  ]);
});

it.each([
  ['of no properties', z.strictObject({}), []],
  ['of any properties', z.record(z.string(), z.number()), [{ required: false }]],
  ['of which nothing is known', z.record(z.string(), z.unknown()), [{ required: false }]],
  [
    'of alternatives',
    z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string() })]),
    [{ required: true }],
  ],
])('makes one field for JSON at most of a value %s', (_, schema, expected) => {
  const fields = expected.map((field) => ({
    name: 'payload',
    label: 'payload',
    type: 'json',
    reads: 'json',
    hint: 'As JSON.',
    ...field,
  }));
  expect(schemaFields(schema, 'payload')).toEqual(fields);
});
