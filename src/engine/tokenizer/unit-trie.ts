/**
 * A trie over UTF-16 units in one hash table. Open addressing in one typed array, so that a step
 * allocates nothing and touches one line of the cache:
 *
 *   slot: i32 [node, unit, child node, id of the word that ends at the child or -1]
 */
const SLOT = 4;
const CHILD = 2;
const ID = 3;

export class UnitTrie {
  /** [slots, 4]; node -1 is an empty slot. */
  private slots = new Int32Array(64).fill(-1);
  private mask = 15;
  private nodeCount = 1;

  /** @param root  where the word starts: 0, or what `makeRoot` gave; the word is not empty */
  add(word: string, id: number, root = 0): void {
    let node = root;
    let place = -1;
    for (let i = 0; i < word.length; i += 1) {
      place = this.grow(node, word.charCodeAt(i));
      node = this.slots[place + CHILD];
    }
    this.slots[place + ID] = id;
  }

  /** A node of its own that no word reaches: a second trie in the same table. */
  makeRoot(): number {
    this.nodeCount += 1;
    return this.nodeCount - 1;
  }

  /** Where the step from `node` by `unit` stands, for `childAt` and `idAt`; -1: there is none. */
  find(node: number, unit: number): number {
    const { slots, mask } = this;
    let slot = hashOf(node, unit) & mask;
    for (;;) {
      const place = slot * SLOT;
      const found = slots[place];
      if (found < 0) return -1;
      if (found === node && slots[place + 1] === unit) return place;
      slot = (slot + 1) & mask;
    }
  }

  childAt(place: number): number {
    return this.slots[place + CHILD];
  }

  /** Id of the word that ends there, or -1. */
  idAt(place: number): number {
    return this.slots[place + ID];
  }

  private grow(node: number, unit: number): number {
    const found = this.find(node, unit);
    if (found >= 0) return found;
    if (this.nodeCount * 2 > this.mask) this.rehash();
    const place = this.freePlace(node, unit);
    this.slots.set([node, unit, this.nodeCount, -1], place);
    this.nodeCount += 1;
    return place;
  }

  private rehash(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2).fill(-1);
    this.mask = this.mask * 2 + 1;
    for (let i = 0; i < old.length; i += SLOT) {
      if (old[i] < 0) continue;
      this.slots.set(old.subarray(i, i + SLOT), this.freePlace(old[i], old[i + 1]));
    }
  }

  private freePlace(node: number, unit: number): number {
    let slot = hashOf(node, unit) & this.mask;
    while (this.slots[slot * SLOT] >= 0) slot = (slot + 1) & this.mask;
    return slot * SLOT;
  }
}

function hashOf(node: number, unit: number): number {
  const hash = Math.imul(node ^ Math.imul(unit, 0x85ebca6b), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
