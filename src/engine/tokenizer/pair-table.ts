/**
 * Hash table from a pair of token ids to the rank and the product of their merge. Open addressing
 * in typed arrays: a lookup allocates nothing (a Map keyed by a combined number was the
 * alternative; numbers above 2^31 are heap objects there).
 */
export class PairTable {
  /** Slots of [left id, right id]; left -1 is an empty slot. */
  private readonly keys: Int32Array;
  /** Slot -> rank. */
  private readonly ranks: Int32Array;
  /** Slot -> product id. */
  private readonly products: Int32Array;
  private readonly mask: number;

  /** @param count  pairs that will be added at most */
  constructor(count: number) {
    let slots = 16;
    while (slots < count * 2) slots *= 2;
    this.keys = new Int32Array(slots * 2).fill(-1);
    this.ranks = new Int32Array(slots);
    this.products = new Int32Array(slots);
    this.mask = slots - 1;
  }

  /** False when the pair is there already; nothing changes then. */
  add(left: number, right: number, rank: number, product: number): boolean {
    const slot = this.slotOf(left, right);
    if (this.keys[slot * 2] >= 0) return false;
    this.keys[slot * 2] = left;
    this.keys[slot * 2 + 1] = right;
    this.ranks[slot] = rank;
    this.products[slot] = product;
    return true;
  }

  /** Rank of the merge, or -1. */
  rankOf(left: number, right: number): number {
    const slot = this.slotOf(left, right);
    return this.keys[slot * 2] < 0 ? -1 : this.ranks[slot];
  }

  /** The id that the merge of a pair gives that has a rank. */
  productOf(left: number, right: number): number {
    return this.products[this.slotOf(left, right)];
  }

  private slotOf(left: number, right: number): number {
    const { keys, mask } = this;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (keys[slot * 2] >= 0 && (keys[slot * 2] !== left || keys[slot * 2 + 1] !== right)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
