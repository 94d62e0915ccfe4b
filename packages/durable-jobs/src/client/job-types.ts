/** Marks a value that carries the type of a job's result. It exists only as a type. */
export declare const resultType: unique symbol;

/** The part of a job's definition, as `defineJob` and `defineWorkflow` return it, that its types need. */
interface Definition {
  type: string;
  /** A zod schema. */
  input: { _zod: { input: unknown } };
}

/** A workflow's signature. */
type Signature = (input: never) => Promise<unknown>;

/**
 * The jobs of a service: a list of definitions, an object or a module of them, or a map from types to signatures
 * (`{ sendInvoiceReminder: (input: { invoiceId: string }) => Promise<Result> }`).
 */
export type JobTypes = object;

type Jobs<T extends JobTypes> = T extends readonly (infer Job)[] ? Job : T[keyof T];

/** The job types that may be started. */
export type TypeOf<T extends JobTypes> =
  | Extract<Jobs<T>, Definition>['type']
  | (T extends readonly unknown[]
      ? never
      : keyof { [K in keyof T as T[K] extends Signature ? K : never]: 1 } & string);

type JobOf<T extends JobTypes, K extends string> =
  | Extract<Jobs<T>, { type: K }>
  | (T extends readonly unknown[] ? never : K extends keyof T ? Extract<T[K], Signature> : never);

/** The input of a type. */
export type InputOf<T extends JobTypes, K extends string> =
  JobOf<T, K> extends infer Job
    ? Job extends { input: { _zod: { input: infer Input } } }
      ? Input
      : Job extends (input: infer Input) => Promise<unknown>
        ? Input
        : never
    : never;

/** The result of a job type; unknown if its definition does not specify one. */
export type ResultOf<T extends JobTypes, K extends string> =
  JobOf<T, K> extends infer Job
    ? Job extends { run(input: never, context: never): Promise<infer Result> }
      ? Result
      : Job extends { result?: { _zod: { output: infer Result } } }
        ? Result
        : Job extends (input: never) => Promise<infer Result>
          ? Result
          : unknown
    : never;
