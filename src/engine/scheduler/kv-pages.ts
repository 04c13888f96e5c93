/** The pages of the KV cache: free ones, those of running sequences, those kept for later. */
import { type Match, PrefixTree } from './prefix-tree.ts';
import type { Sequence } from './sequence.ts';

/** A page to be copied before a step. */
export interface PageCopy {
  from: number;
  to: number;
}

export interface KvPagesOptions {
  pageCount: number;
  pagePositions: number;
  prefixCache?: boolean;
}

/** Pages kept back for each running sequence that may still grow. */
const SHARE_FOR_GROWTH = 0.25;

export class KvPages {
  readonly #free: number[];
  readonly #positions: number;
  readonly #tree: PrefixTree;
  readonly #isCaching: boolean;

  constructor({ pageCount, pagePositions, prefixCache = true }: KvPagesOptions) {
    this.#free = Array.from({ length: pageCount }, (_, i) => pageCount - 1 - i);
    this.#positions = pagePositions;
    this.#tree = new PrefixTree(pagePositions);
    this.#isCaching = prefixCache;
  }

  get counts(): { free: number; kept: number } {
    return { free: this.#free.length, kept: this.#tree.idleCount };
  }

  /** Pages that a sequence lacks for its tokens and the next one. */
  lack({ tokens, tokenCountMax, pages }: Sequence): number {
    const count = Math.min(tokens.length + 1, tokenCountMax);
    return Math.max(0, this.#pagesFor(count) - pages.length);
  }

  /**
   * Pages that stay for the running ones: the rest of their prompts, and some for their answers, so
   * that who is admitted is not paused at once.
   */
  owed(running: readonly Sequence[]): number {
    let lacking = 0;
    let growing = 0;
    for (const sequence of running) {
      const lack = this.lack(sequence);
      const pagesMax = this.#pagesFor(sequence.tokenCountMax);
      lacking += lack;
      if (sequence.pages.length + lack < pagesMax) growing += 1;
    }
    return lacking + Math.ceil(growing * SHARE_FOR_GROWTH);
  }

  /**
   * Gives a sequence that starts the pages of its beginning that are known, when `spare` pages and
   * all that it then lacks can be had. False: nothing has changed.
   */
  begin(sequence: Sequence, spare: number, copies: PageCopy[]): boolean {
    const match = this.#match(sequence);
    const lack = this.lack(sequence) - match.nodes.length;
    const idleOfMatch = match.nodes.filter((node) => node.users === 0).length;
    const available = this.#free.length + this.#tree.idleCount - idleOfMatch;
    if (available < lack + spare) return false;
    this.#tree.use(match.nodes);
    sequence.shared = match.nodes;
    sequence.pages = match.nodes.map(({ page }) => page);
    sequence.computedCount = match.nodes.length * this.#positions;
    if (match.tail !== undefined) {
      const page = this.#take();
      if (page === undefined) return true;
      // The page to be copied may itself be the one that is given away.
      if (page !== match.tail.page) copies.push({ from: match.tail.page, to: page });
      sequence.pages.push(page);
      sequence.computedCount += match.tail.count;
    }
    return true;
  }

  /** Pages for the first `count` positions; false when there are not enough. */
  grow(sequence: Sequence, count: number): boolean {
    while (sequence.pages.length < this.#pagesFor(count)) {
      const page = this.#take();
      if (page === undefined) return false;
      sequence.pages.push(page);
    }
    return true;
  }

  /** Offers a sequence's whole pages to others; they are never written again. */
  publish(sequence: Sequence): void {
    if (!this.#keeps(sequence)) return;
    const P = this.#positions;
    for (
      let block = sequence.shared.length;
      (block + 1) * P <= sequence.computedCount;
      block += 1
    ) {
      const node = this.#keep(sequence, sequence.tokens.slice(block * P, (block + 1) * P));
      this.#tree.use([node]);
      sequence.shared.push(node);
      sequence.pages[block] = node.page;
    }
  }

  /** Takes all pages of a sequence; what is computed is kept as long as there is room. */
  release(sequence: Sequence): void {
    this.publish(sequence);
    let ownFrom = sequence.shared.length;
    const rest = sequence.tokens.slice(ownFrom * this.#positions, sequence.computedCount);
    if (rest.length > 0 && this.#keeps(sequence)) {
      this.#keep(sequence, rest);
      ownFrom += 1;
    }
    this.#free.push(...sequence.pages.slice(ownFrom));
    this.#tree.release(sequence.shared);
    sequence.shared = [];
    sequence.pages = [];
    sequence.computedCount = 0;
  }

  /** Puts the first page of its own into the tree. */
  #keep(sequence: Sequence, tokens: readonly number[]) {
    const { tenant, shared, pages } = sequence;
    const page = pages[shared.length];
    const { node, unneeded } = this.#tree.insert(tenant, shared.at(-1), tokens, page);
    this.#free.push(...unneeded);
    return node;
  }

  #keeps({ allLogits }: Sequence): boolean {
    return this.#isCaching && !allLogits;
  }

  #match(sequence: Sequence): Match {
    if (!this.#keeps(sequence)) return { nodes: [], tail: undefined };
    // The last token is computed in any case: its logits are wanted.
    return this.#tree.match(sequence.tenant, sequence.tokens, sequence.tokens.length - 1);
  }

  #take(): number | undefined {
    return this.#free.pop() ?? this.#tree.evict();
  }

  #pagesFor(positions: number): number {
    return Math.ceil(positions / this.#positions);
  }
}
