import { z } from 'zod';
import type { ActionField } from './action-button.ts';

/** A field of a form that was generated from a schema. */
export interface SchemaField extends Omit<ActionField, 'type'> {
  type: ActionField['type'] | 'date' | 'number' | 'integer' | 'json';
  /** How its text becomes a value: as it is, or as JSON. */
  reads?: 'json';
  /** What is sent if the field is empty; nothing if it is left out. */
  whenEmpty?: null;
}

type Json = Exclude<z.core.JSONSchema.JSONSchema, boolean>;

/**
 * Returns the fields of a form for a value of a schema. `path` is the place of the value in the request's body, such as `input`, with which
 * the names of the fields begin, as the paths of errors do. A value that no fields can represent gets one field for JSON.
 */
export function schemaFields(schema: z.ZodType, path: string): SchemaField[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  if (json.type !== 'object' || json.allOf || json.anyOf || hasOtherKeys(json)) {
    return [{ ...jsonField, name: path, label: path, required: !schema.safeParse({}).success }];
  }
  const required = new Set(json.required);
  return Object.entries(json.properties ?? {}).map(([name, property]) => ({
    ...fieldOf(typeof property === 'boolean' ? {} : property, required.has(name)),
    name: `${path}.${name}`,
    label: name,
  }));
}

const jsonField = { type: 'json', reads: 'json', hint: 'As JSON.' } as const;

/** Whether an object has properties with names that the schema does not list; those that a schema merely tolerates do not count. */
function hasOtherKeys({ additionalProperties = false, properties = {} }: Json): boolean {
  if (additionalProperties === false) return false;
  return JSON.stringify(additionalProperties) !== '{}' || Object.keys(properties).length === 0;
}

function fieldOf(schema: Json, isRequired: boolean): Omit<SchemaField, 'name' | 'label'> {
  const { of, isNullable } = withoutNull(schema);
  const described = schema.description ?? of.description;
  const shape = shapeOf(of);
  const byDefault = schema.default ?? of.default;
  const hint = [
    described,
    byDefault !== undefined && `By default ${JSON.stringify(byDefault)}.`,
    shape.hint,
  ].filter((text) => typeof text === 'string');
  return {
    ...shape,
    // A field that may be null does not have to be filled in.
    required: isRequired && !isNullable,
    ...(isRequired && isNullable && { whenEmpty: null }),
    ...(Array.isArray(shape.type) && { isUnselected: true }),
    hint: hint.join(' '),
  };
}

/** A schema without null, whether it is one of the types, one of the values, or an alternative. */
function withoutNull(schema: Json): { of: Json; isNullable: boolean } {
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [];
  if (types.includes('null')) {
    const [type, ...more] = types.filter((one) => one !== 'null');
    const values = schema.enum?.filter((value) => value !== null);
    return {
      of: { ...schema, type: more.length === 0 ? type : undefined, ...(values && { enum: values }) } as Json,
      isNullable: true,
    };
  }
  const alternatives = (schema.anyOf ?? []).map((one) => (typeof one === 'boolean' ? {} : one));
  const others = alternatives.filter(({ type }) => type !== 'null');
  const [only] = others;
  const isNullable = others.length < alternatives.length;
  return isNullable && only && others.length === 1 ? { of: only, isNullable } : { of: schema, isNullable };
}

function shapeOf(schema: Json): Pick<SchemaField, 'type' | 'reads' | 'maxLength' | 'hint'> {
  const values = schema.const === undefined ? schema.enum : [schema.const];
  if (values) {
    const isText = values.every((value) => typeof value === 'string');
    if (isText) return { type: values };
    return {
      type: values.map((value) => ({ value: JSON.stringify(value), label: String(value) })),
      reads: 'json',
    };
  }
  switch (schema.type) {
    case 'boolean':
      return {
        type: [
          { value: 'true', label: 'yes' },
          { value: 'false', label: 'no' },
        ],
        reads: 'json',
      };
    case 'integer':
    case 'number':
      return { type: schema.type, reads: 'json' };
    case 'string':
      if (schema.format === 'date-time') return { type: 'time' };
      if (schema.format === 'date') return { type: 'date' };
      return { type: 'text', maxLength: schema.maxLength ?? MOST_LETTERS };
    default:
      return jsonField;
  }
}

/** Longest text of a field whose schema has no limit: a page is no place for more. */
const MOST_LETTERS = 10_000;
