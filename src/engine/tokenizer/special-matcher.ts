/**
 * Finds special tokens in text: the leftmost match, the longest of those that start there, as the
 * added-token matcher of Hugging Face `tokenizers` does (Aho-Corasick, leftmost-longest). A trie
 * walked from every character that starts one; at most (longest token) steps a character.
 */

interface Node {
  readonly next: Map<number, Node>;
  /** Token that ends here, or -1. */
  id: number;
}

export interface SpecialMatch {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** Refuses candidates that must not be taken where they stand. */
export type Accept = (id: number, start: number, end: number) => boolean;

export interface SpecialMatcher {
  /** All matches in order; they do not overlap. */
  matchAll(text: string, accept?: Accept): SpecialMatch[];
}

/** @param tokens  [id, text] of the tokens to find; texts are not empty */
export function createSpecialMatcher(
  tokens: Iterable<readonly [id: number, text: string]>,
): SpecialMatcher {
  const root: Node = { next: new Map(), id: -1 };
  for (const [id, text] of tokens) {
    let node = root;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      let child = node.next.get(unit);
      if (child === undefined) {
        child = { next: new Map(), id: -1 };
        node.next.set(unit, child);
      }
      node = child;
    }
    node.id = id;
  }
  return { matchAll: (text, accept) => matchAll(root, text, accept) };
}

function matchAll(root: Node, text: string, accept?: Accept): SpecialMatch[] {
  const matches: SpecialMatch[] = [];
  const starts = [...root.next.keys()].map((unit) => String.fromCharCode(unit));
  // Next place of each first character: indexOf is far faster than a walk over the text.
  const places = starts.map((char) => text.indexOf(char));
  for (;;) {
    let which = -1;
    for (let i = 0; i < places.length; i += 1) {
      if (places[i] >= 0 && (which < 0 || places[i] < places[which])) which = i;
    }
    if (which < 0) return matches;
    const match = longestAt(root, text, places[which], accept);
    if (match !== undefined) matches.push(match);
    const from = match === undefined ? places[which] + 1 : match.end;
    for (let i = 0; i < places.length; i += 1) {
      if (places[i] >= 0 && places[i] < from) places[i] = text.indexOf(starts[i], from);
    }
  }
}

function longestAt(
  root: Node,
  text: string,
  start: number,
  accept?: Accept,
): SpecialMatch | undefined {
  let node: Node | undefined = root;
  let found: SpecialMatch | undefined;
  for (let i = start; i < text.length; i += 1) {
    node = node.next.get(text.charCodeAt(i));
    if (node === undefined) break;
    const end = i + 1;
    if (node.id >= 0 && (accept === undefined || accept(node.id, start, end))) {
      found = { id: node.id, start, end };
    }
  }
  return found;
}
