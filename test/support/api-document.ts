import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { apiDescription } from '../../api/openapi/description.ts';
import { createApiDocument } from '../../packages/durable-jobs/src/http/openapi/document.ts';

/** A request of a test, and its response. */
export interface Exchange {
  method: string;
  /** With the query string. */
  path: string;
  requestType: string | undefined;
  requestBody: string | undefined;
  status: number;
  headers: Headers;
  body: string;
}

/** The parts of the document that the checks read. */
interface Operation {
  parameters?: { in: string; name: string; required?: boolean }[];
  requestBody?: { required?: boolean; content: Record<string, MediaType> };
  responses: Record<string, Response | { $ref: string } | undefined>;
}

interface Response {
  headers?: Record<string, object>;
  content?: Record<string, MediaType>;
}

interface MediaType {
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface DocumentParts {
  paths: Paths;
  components: { responses: Record<string, Response> };
}

type Paths = Record<string, Record<string, Operation | undefined>>;

const howTo = 'See "Documenting a route" in CONTRIBUTING.md.';

/** Compares the API's requests and responses with the OpenAPI document. */
export class ApiDocumentCheck {
  readonly #document: DocumentParts;
  readonly #templates: { path: string; pattern: RegExp; names: string[] }[];
  readonly #bodies = newAjv(false);
  /** A value in a URL is text, whatever its meaning. */
  readonly #parameters = newAjv(true);
  readonly #validators = new Map<string, ValidateFunction>();

  /** `description` is the application's by default. */
  constructor(description = apiDescription) {
    this.#document = JSON.parse(JSON.stringify(createApiDocument(description))) as DocumentParts;
    for (const ajv of [this.#bodies, this.#parameters]) ajv.addSchema(this.#document, 'api');
    this.#templates = Object.keys(this.#document.paths)
      .map((path) => ({
        path,
        pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '([^/]+)')}$`),
        names: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
      }))
      // `/api/schedules/preview` is not a schedule: paths with fewer parameters come first.
      .toSorted((a, b) => a.names.length - b.names.length);
  }

  /**
   * Checks an exchange.
   * @throws an error that says how the exchange and the document differ.
   */
  check(exchange: Exchange): void {
    const { pathname, searchParams } = new URL(exchange.path, 'http://api');
    const template = this.#templates.find(({ pattern }) => pattern.test(pathname));
    if (!template) return;
    const method = exchange.method === 'HEAD' ? 'get' : exchange.method.toLowerCase();
    const operation = this.#document.paths[template.path]?.[method];
    if (!operation) {
      if (exchange.status === 405 || exchange.status === 401) return;
      throw new Error(`${exchange.method} ${template.path} is not documented. ${howTo}`);
    }
    const pointer = ['paths', template.path, method];
    const where = `${exchange.method} ${template.path}`;
    this.#checkAnswer(where, pointer, operation, exchange);
    if (exchange.status >= 400) return;
    const values = template.pattern.exec(pathname)?.slice(1) ?? [];
    this.#checkRequest(where, pointer, operation, exchange, {
      path: Object.fromEntries(
        template.names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]),
      ),
      query: Object.fromEntries(searchParams),
    });
  }

  /** Checks every example of an operation against its schema, and returns their number. */
  checkExamples({ method, path }: { method: string; path: string }): number {
    const operation = this.#document.paths[path]?.[method];
    if (!operation) throw new Error(`${method} ${path} is not documented. ${howTo}`);
    const pointer = ['paths', path, method];
    const bodies = [
      { content: operation.requestBody?.content, at: [...pointer, 'requestBody'] },
      ...Object.keys(operation.responses).map((status) => {
        const documented = this.#responseOf(pointer, operation, status);
        return { content: documented?.response.content, at: documented?.at ?? [] };
      }),
    ];
    let count = 0;
    for (const { content, at } of bodies) {
      for (const [mediaType, { example, examples }] of Object.entries(content ?? {})) {
        const values = examples
          ? Object.values(examples).map(({ value }) => value)
          : example === undefined
            ? []
            : [example];
        for (const value of values) {
          const where = [...at, 'content', mediaType, 'schema'];
          this.#validate(this.#bodies, where, value, `The example at ${at.join(' ')} is not valid`);
          count++;
        }
      }
    }
    return count;
  }

  /** The description of a status, and its place in the document. */
  #responseOf(
    pointer: string[],
    operation: Operation,
    status: string,
  ): { response: Response; at: string[] } | undefined {
    const documented = operation.responses[status];
    if (!documented) return undefined;
    if (!('$ref' in documented)) return { response: documented, at: [...pointer, 'responses', status] };
    const name = documented.$ref.split('/').at(-1) ?? '';
    const response = this.#document.components.responses[name];
    return response && { response, at: ['components', 'responses', name] };
  }

  #checkAnswer(where: string, pointer: string[], operation: Operation, exchange: Exchange): void {
    const status = String(exchange.status);
    const documented = this.#responseOf(pointer, operation, status);
    const body = exchange.body === '' ? '' : `: ${exchange.body.slice(0, 500)}`;
    if (!documented) throw new Error(`${where} answered ${status}, which is not documented. ${howTo}${body}`);
    const { response, at } = documented;
    for (const header of Object.keys(response.headers ?? {})) {
      if (exchange.headers.has(header)) continue;
      throw new Error(`${where} answered ${status} without the documented header ${header}. ${howTo}`);
    }
    if (exchange.method === 'HEAD') return;
    const mediaType = mediaTypeOf(exchange.headers.get('content-type') ?? undefined);
    if (!response.content) {
      if (exchange.body === '') return;
      throw new Error(`${where} answered ${status} with a body, where none is documented. ${howTo}${body}`);
    }
    if (!(mediaType in response.content)) {
      throw new Error(`${where} answered ${status} as "${mediaType}", which is not documented. ${howTo}`);
    }
    if (!/\bjson$/.test(mediaType)) return;
    this.#validate(
      this.#bodies,
      [...at, 'content', mediaType, 'schema'],
      JSON.parse(exchange.body),
      `${where} answered ${status} with a body that differs from the document`,
    );
  }

  #checkRequest(
    where: string,
    pointer: string[],
    operation: Operation,
    exchange: Exchange,
    given: Record<string, Record<string, string>>,
  ): void {
    const parameters = operation.parameters ?? [];
    for (const [place, values] of Object.entries(given)) {
      const known = parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
      const unknown = Object.keys(values).filter((name) => !known.includes(name));
      if (unknown.length > 0) {
        throw new Error(
          `${where} took the ${place} parameter ${unknown.join(', ')}, not documented. ${howTo}`,
        );
      }
    }
    for (const [index, { in: place, name, required }] of parameters.entries()) {
      const value = given[place]?.[name];
      if (value === undefined) {
        if (!required || place === 'header') continue;
        throw new Error(`${where} went without the parameter ${name}, documented as required. ${howTo}`);
      }
      this.#validate(
        this.#parameters,
        [...pointer, 'parameters', String(index), 'schema'],
        value,
        `${where} took the parameter ${name}, which is not valid by the document`,
      );
    }
    if (exchange.requestBody === undefined || exchange.requestBody === '') {
      if (!operation.requestBody?.required) return;
      throw new Error(`${where} went without a body, which is documented as required. ${howTo}`);
    }
    const mediaType = mediaTypeOf(exchange.requestType);
    if (!operation.requestBody) throw new Error(`${where} took a body, and none is documented. ${howTo}`);
    if (!(mediaType in operation.requestBody.content)) {
      throw new Error(`${where} took a body of ${mediaType}, which is not documented. ${howTo}`);
    }
    if (!/\bjson$/.test(mediaType)) return;
    this.#validate(
      this.#bodies,
      [...pointer, 'requestBody', 'content', mediaType, 'schema'],
      JSON.parse(exchange.requestBody),
      `${where} took a body that is not valid by the document`,
    );
  }

  #validate(ajv: Ajv2020, pointer: string[], value: unknown, complaint: string): void {
    const ref = `api#/${pointer
      .map((part) => part.replace(/~/g, '~0').replace(/\//g, '~1'))
      .map(encodeURIComponent)
      .join('/')}`;
    const key = `${ajv === this.#parameters}${ref}`;
    const validate = this.#validators.get(key) ?? ajv.compile({ $ref: ref });
    this.#validators.set(key, validate);
    if (validate(value)) return;
    const reasons = ajv.errorsText(validate.errors, { dataVar: 'body' });
    const unknown = (validate.errors ?? []).flatMap(({ params }) =>
      'additionalProperty' in params ? [String(params.additionalProperty)] : [],
    );
    const fields = unknown.length > 0 ? ` (unknown: ${unknown.join(', ')})` : '';
    throw new Error(`${complaint}: ${reasons}${fields}. ${howTo}\n${JSON.stringify(value).slice(0, 2_000)}`);
  }
}

function newAjv(coerceTypes: boolean): Ajv2020 {
  // OpenAPI's own keywords, such as `example` and `discriminator`, are not part of JSON Schema.
  const ajv = new Ajv2020({ strict: false, allErrors: true, coerceTypes });
  addFormats.default(ajv);
  return ajv;
}

function mediaTypeOf(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}
