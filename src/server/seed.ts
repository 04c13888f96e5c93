/**
 * The seed of a request: the client's, or a new one. The header vitrine-seed tells it either way.
 */
import { randomBytes } from 'node:crypto';
import { type Seed, seedOf } from '../api/index.ts';
import { RequestError } from './error-table.ts';

export const SEED_HEADER = 'vitrine-seed';

/** 64 bits. @throws RequestError bad-request */
export function chooseSeed(given: Seed | null | undefined): bigint {
  if (given === undefined || given === null) return randomBytes(8).readBigUInt64LE();
  const seed = seedOf(given);
  if (seed !== undefined) return seed;
  throw new RequestError(
    'bad-request',
    `seed: expected a whole number from -(2^63) to 2^64 - 1, got ${given}`,
    { param: 'seed' },
  );
}
