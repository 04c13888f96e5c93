/** A request's tokens on their way through the cache. */
import type { PrefixNode } from './prefix-tree.ts';
import type { PromptLookup } from './prompt-lookup.ts';

export interface NewSequence {
  id: number;
  promptTokens: readonly number[];
  /** Tokens of prompt and answer together, at most. */
  tokenCountMax: number;
  /** Logits are wanted at every position of the prompt, not only at the last; never cached. */
  allLogits?: boolean;
  /** Whose it is: slots are shared evenly between tenants, cached pages never; default ''. */
  tenant?: string;
}

export interface Sequence {
  readonly id: number;
  /** Prompt and answer so far. */
  readonly tokens: number[];
  readonly promptCount: number;
  readonly tokenCountMax: number;
  readonly allLogits: boolean;
  readonly tenant: string;
  /** Number in order of arrival. */
  readonly arrival: number;
  /** -1 while it waits. */
  slot: number;
  /** Page of each block of positions: those of `shared`, then its own. */
  pages: number[];
  /** Pages of the prefix tree. */
  shared: PrefixNode[];
  /** Positions whose keys and values are in the cache. */
  computedCount: number;
  /** Positions that were there when it was admitted first; undefined before. */
  cachedCount: number | undefined;
  readonly lookup: PromptLookup | undefined;
  /** Tokens guessed after `tokens`, not yet confirmed. */
  draft: number[];
  /** Rows of the last guess, and the number of tokens it followed. */
  draftedCount: number;
  draftedAfter: number;
}

export function createSequence(
  wanted: NewSequence,
  { arrival, lookup }: { arrival: number; lookup: PromptLookup | undefined },
): Sequence {
  const { id, promptTokens, tokenCountMax, allLogits = false, tenant = '' } = wanted;
  return {
    ...{ id, tokens: [...promptTokens], promptCount: promptTokens.length, tokenCountMax },
    ...{ allLogits, tenant, arrival, lookup, slot: -1, pages: [], shared: [] },
    ...{ computedCount: 0, cachedCount: undefined },
    ...{ draft: [], draftedCount: 0, draftedAfter: 0 },
  };
}

/** Tokens that are known but not computed. */
export function pendingCount(sequence: Sequence): number {
  return sequence.tokens.length - sequence.computedCount;
}
