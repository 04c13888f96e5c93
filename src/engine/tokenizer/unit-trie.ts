/**
 * A trie over UTF-16 units in one hash table: (node, unit) -> node. Open addressing in typed
 * arrays, so that a step allocates nothing.
 */
export class UnitTrie {
  /** Slots of [node, unit]; node -1 is an empty slot. */
  private keys = new Int32Array(32).fill(-1);
  /** Slot -> node. */
  private children = new Int32Array(16);
  /** Node -> id of the word that ends there, or -1. */
  private ids = new Int32Array(16).fill(-1);
  private nodeCount = 1;

  /** @param root  where the word starts, see `root` */
  add(word: string, id: number, root = 0): void {
    let node = root;
    for (let i = 0; i < word.length; i += 1) node = this.grow(node, word.charCodeAt(i));
    this.ids[node] = id;
  }

  /** A node of its own that no word reaches: a second trie in the same table. */
  makeRoot(): number {
    return this.makeNode();
  }

  /** The node behind `unit`, or -1. */
  step(node: number, unit: number): number {
    const slot = this.slotOf(node, unit);
    return this.keys[slot * 2] < 0 ? -1 : this.children[slot];
  }

  /** Id of the word that ends at the node, or -1. */
  idAt(node: number): number {
    return this.ids[node];
  }

  private grow(node: number, unit: number): number {
    const found = this.step(node, unit);
    if (found >= 0) return found;
    if (this.nodeCount * 2 > this.children.length) this.rehash();
    const slot = this.slotOf(node, unit);
    const child = this.makeNode();
    this.keys[slot * 2] = node;
    this.keys[slot * 2 + 1] = unit;
    this.children[slot] = child;
    return child;
  }

  private makeNode(): number {
    if (this.nodeCount === this.ids.length) {
      const longer = new Int32Array(this.ids.length * 2).fill(-1);
      longer.set(this.ids);
      this.ids = longer;
    }
    this.nodeCount += 1;
    return this.nodeCount - 1;
  }

  private rehash(): void {
    const { keys, children } = this;
    this.keys = new Int32Array(keys.length * 2).fill(-1);
    this.children = new Int32Array(children.length * 2);
    for (let i = 0; i < children.length; i += 1) {
      if (keys[i * 2] < 0) continue;
      const slot = this.slotOf(keys[i * 2], keys[i * 2 + 1]);
      this.keys[slot * 2] = keys[i * 2];
      this.keys[slot * 2 + 1] = keys[i * 2 + 1];
      this.children[slot] = children[i];
    }
  }

  private slotOf(node: number, unit: number): number {
    const { keys } = this;
    const mask = this.children.length - 1;
    let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (keys[slot * 2] >= 0 && (keys[slot * 2] !== node || keys[slot * 2 + 1] !== unit)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
