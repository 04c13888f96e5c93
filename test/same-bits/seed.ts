/** The seed of a property-based test: random, or the one that is to be repeated. */
import { randomInt } from 'node:crypto';

/** Repeats a run: the number that its diagnostics print. */
const VARIABLE = 'VITRINE_INTERNAL_TEST_SEED';

export function testSeed(): number {
  const given = process.env[VARIABLE];
  const seed = given === undefined || given === '' ? randomInt(1, 2 ** 31) : Number(given);
  if (Number.isInteger(seed) && seed >= 1 && seed < 2 ** 31) return seed;
  throw new Error(`${VARIABLE} is ${given}; expected a whole number from 1 to 2147483647`);
}

/** How a test says its seed. */
export function seedNote(seed: number): string {
  return `seed ${seed} (${VARIABLE}=${seed} repeats it)`;
}
