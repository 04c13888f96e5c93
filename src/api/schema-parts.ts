/**
 * Pieces that both APIs' request schemas share. Requests are closed: a field that no schema names
 * is refused, never ignored. `x-unsupported` says, in words that continue with "not supported yet",
 * what a value outside the schema would ask for; schema-problem.ts puts it into the message,
 * and `x-hint` in brackets behind what was expected.
 */
import { type TSchema, Type } from 'typebox';

/** Longest name of a model, UTF-16 units. */
const MODEL_NAME_LENGTH_MAX = 256;
/** As many and as long as the engine takes. */
export const STOP_SEQUENCES_MAX = 64;
export const STOP_SEQUENCE_LENGTH_MAX = 4096;
/** A bound against absurd requests; the context ends long before. */
export const MESSAGES_MAX = 10_000;

export function closed<Properties extends Record<string, TSchema>>(
  properties: Properties,
  options: Record<string, unknown> = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** Null is the same as leaving the field out, as clients of OpenAI expect. */
export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

export const ModelName = Type.String({
  minLength: 1,
  maxLength: MODEL_NAME_LENGTH_MAX,
  description: 'A name that GET /v1/models lists',
});

export const StopSequence = Type.String({ minLength: 1, maxLength: STOP_SEQUENCE_LENGTH_MAX });

/** -(2^63) to 2^64 - 1; `seedOf` checks the range, which no pattern says. */
export const Seed = Type.Union(
  [
    Type.Integer({
      minimum: Number.MIN_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
      'x-hint': 'larger ones as strings of digits',
    }),
    Type.String({ pattern: '^-?[0-9]{1,20}$' }),
  ],
  {
    description:
      'Same seed, same request: same answer, bit for bit. 64 bits; numbers beyond 2^53 as strings' +
      ' of digits. Default: a new one is drawn; the header vitrine-seed tells which.',
  },
);
export type Seed = number | string;

const TWO_64 = 2n ** 64n;

/** The seed as an unsigned integer of 64 bits; undefined when it has more. */
export function seedOf(seed: Seed): bigint | undefined {
  const value = BigInt(seed);
  if (value < -(2n ** 63n) || value >= TWO_64) return undefined;
  return value < 0n ? value + TWO_64 : value;
}
