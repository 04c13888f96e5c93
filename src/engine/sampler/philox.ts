/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3" (2011): a function of a counter of 128 bits and a key of 64, without
 * state. Section 6 of docs/formats/numerics-sampling.md says what sampling puts into them.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** Added to the key before each round but the first: the golden ratio, and the root of 3 less 1. */
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

export type Words2 = readonly [number, number];
export type Words4 = readonly [number, number, number, number];

/** "VSMP": keeps the draws of the sampler apart from those of any later use of the generator. */
export const SAMPLING_DOMAIN = 0x56534d50;

/** Four words of 32 bits, unsigned. */
export function philox4x32(counter: Words4, key: Words2): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round += 1) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** Upper 32 bits of the product of two unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Each sum stays below 2^53, exact.
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 65536);
  const carry = Math.floor((aLow * bHigh + (middle % 65536)) / 65536);
  return aHigh * bHigh + Math.floor(middle / 65536) + carry;
}

/**
 * The uniform number of one draw, a multiple of 2^-53 in [0, 1).
 * @param place.position  index in the sequence of the token that is drawn
 */
export function uniformOf(seed: bigint, place: { position: number; choiceIndex: number }): number {
  const { position, choiceIndex } = place;
  const key: Words2 = [Number(seed & 0xffffffffn), Number(seed >> 32n)];
  const [x0, x1] = philox4x32(
    [position >>> 0, Math.floor(position / 2 ** 32), choiceIndex, SAMPLING_DOMAIN],
    key,
  );
  return ((x0 >>> 5) * 2 ** 26 + (x1 >>> 6)) * 2 ** -53;
}
