/**
 * KV pages of texts computed before, as a tree for each tenant: a node is one page, its path from
 * the root the tokens up to it. A sequence whose beginning is a path reads those pages instead of
 * computing them; by the number contract their bits are those it would compute.
 *
 * Inner nodes are whole pages. A leaf may hold fewer positions; nobody reads such a page in place,
 * its positions are copied. Tenants share nothing: who can tell what another has asked before?
 */
import { assert } from '../../base/index.ts';

export interface PrefixNode {
  readonly page: number;
  /** Tokens at the page's positions, at least one. */
  readonly tokens: readonly number[];
  /** By first token. */
  readonly children: Map<number, PrefixNode[]>;
  readonly parent: PrefixNode | undefined;
  readonly tenant: string;
  /** Running sequences that read the page. */
  users: number;
  /** Turn of its last use; the smallest goes first. */
  usedAt: number;
}

export interface Match {
  /** Whole pages, from the beginning. */
  nodes: PrefixNode[];
  /** A page whose first `count` positions follow them. */
  tail: { page: number; count: number } | undefined;
}

export class PrefixTree {
  readonly #pagePositions: number;
  readonly #roots = new Map<string, Map<number, PrefixNode[]>>();
  readonly #nodes = new Set<PrefixNode>();
  #idle = 0;
  #turn = 0;

  constructor(pagePositions: number) {
    this.#pagePositions = pagePositions;
  }

  /** Pages that no running sequence reads: each can be had by `evict`. */
  get idleCount(): number {
    return this.#idle;
  }

  /** The longest known beginning of `tokens`, at most `countMax` of them. */
  match(tenant: string, tokens: readonly number[], countMax: number): Match {
    const P = this.#pagePositions;
    const nodes: PrefixNode[] = [];
    let children = this.#roots.get(tenant);
    for (let at = 0; children !== undefined && at < countMax; at += P) {
      let best: PrefixNode | undefined;
      let bestCount = 0;
      for (const node of children.get(tokens[at]) ?? []) {
        const count = Math.min(commonCount(node.tokens, tokens, at), countMax - at);
        if (count > bestCount) [best, bestCount] = [node, count];
      }
      if (best === undefined) break;
      best.usedAt = this.#nextTurn();
      if (bestCount < P) return { nodes, tail: { page: best.page, count: bestCount } };
      nodes.push(best);
      children = best.children;
    }
    return { nodes, tail: undefined };
  }

  /** A sequence reads these pages from now on. */
  use(nodes: readonly PrefixNode[]): void {
    for (const node of nodes) {
      if (node.users === 0) this.#idle -= 1;
      node.users += 1;
    }
  }

  release(nodes: readonly PrefixNode[]): void {
    for (const node of nodes) {
      assert(node.users > 0, 'a page in use is released');
      node.users -= 1;
      if (node.users === 0) this.#idle += 1;
    }
  }

  /**
   * Puts a page below `parent` (undefined: at the root). Returns the node of these tokens, which is
   * an older one when they were there already, and the pages that are not needed any more: the new
   * one then, or those of leaves that held a beginning of it. The new node is idle.
   */
  insert(
    tenant: string,
    parent: PrefixNode | undefined,
    tokens: readonly number[],
    page: number,
  ): { node: PrefixNode; unneeded: number[] } {
    const siblings = this.#childrenOf(tenant, parent);
    const sameStart = siblings.get(tokens[0]) ?? [];
    const unneeded: number[] = [];
    for (const other of [...sameStart]) {
      const common = commonCount(other.tokens, tokens, 0);
      if (common === tokens.length) {
        other.usedAt = this.#nextTurn();
        return { node: other, unneeded: [...unneeded, page] };
      }
      const isBeginning = common === other.tokens.length && other.users === 0;
      if (isBeginning) unneeded.push(this.#remove(other));
    }
    const node: PrefixNode = {
      ...{ page, tokens, parent, tenant, users: 0, usedAt: this.#nextTurn() },
      children: new Map(),
    };
    const list = this.#childrenOf(tenant, parent).get(tokens[0]);
    if (list === undefined) this.#childrenOf(tenant, parent).set(tokens[0], [node]);
    else list.push(node);
    this.#nodes.add(node);
    this.#idle += 1;
    return { node, unneeded };
  }

  /** Forgets the leaf that was not used for longest; undefined when all pages are in use. */
  evict(): number | undefined {
    let oldest: PrefixNode | undefined;
    for (const node of this.#nodes) {
      if (node.users > 0 || node.children.size > 0) continue;
      if (oldest === undefined || node.usedAt < oldest.usedAt) oldest = node;
    }
    return oldest === undefined ? undefined : this.#remove(oldest);
  }

  #remove(node: PrefixNode): number {
    assert(node.users === 0 && node.children.size === 0, 'only idle leaves are removed');
    const siblings = this.#childrenOf(node.tenant, node.parent);
    const [first] = node.tokens;
    const left = (siblings.get(first) ?? []).filter((other) => other !== node);
    if (left.length > 0) siblings.set(first, left);
    else siblings.delete(first);
    if (node.parent === undefined && siblings.size === 0) this.#roots.delete(node.tenant);
    this.#nodes.delete(node);
    this.#idle -= 1;
    return node.page;
  }

  #childrenOf(tenant: string, parent: PrefixNode | undefined): Map<number, PrefixNode[]> {
    if (parent !== undefined) return parent.children;
    const known = this.#roots.get(tenant);
    if (known !== undefined) return known;
    const root = new Map<number, PrefixNode[]>();
    this.#roots.set(tenant, root);
    return root;
  }

  #nextTurn(): number {
    this.#turn += 1;
    return this.#turn;
  }
}

/** How many tokens of `part` stand in `tokens` from `at` on. */
function commonCount(part: readonly number[], tokens: readonly number[], at: number): number {
  const end = Math.min(part.length, tokens.length - at);
  let count = 0;
  while (count < end && part[count] === tokens[at + count]) count += 1;
  return count;
}
