/**
 * The calls of Gemma 4 and FunctionGemma: `call:f{city:<|"|>Paris<|"|>,days:3,at:[1,true]}`.
 * Strings stand between quote marks that are tokens, keys without them; there are no escapes.
 * Linear.
 */
import { DEPTH_MAX, NAME_UNITS_MAX } from './events.ts';
import type { WrittenCall } from './python-text.ts';

const HEAD = /^\s*call:([\w.:/-]+?)\s*(?=\{)/;
const SCALAR = /\s*(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\s*(?=[,}\]])/y;
const KEY = /\s*([^\s:,{}[\]<>"]+)\s*:/y;
const PUNCTUATION = /\s*([[\]{},])\s*/y;

/** @param quote  the mark on both sides of a string */
export function readColonCalls(text: string, quote: string): WrittenCall[] | undefined {
  const head = HEAD.exec(text);
  if (head === null || head[1].length > NAME_UNITS_MAX) return;
  const reader = new ColonReader(text, head[0].length, quote);
  const json = reader.object();
  return json === undefined || !reader.isAtEnd ? undefined : [{ name: head[1], json }];
}

class ColonReader {
  readonly #text: string;
  readonly #quote: string;
  #at: number;

  constructor(text: string, at: number, quote: string) {
    this.#text = text;
    this.#at = at;
    this.#quote = quote;
  }

  get isAtEnd(): boolean {
    return this.#text.slice(this.#at).trim() === '';
  }

  object(depth = 1): string | undefined {
    if (!this.#accept('{')) return;
    const members: string[] = [];
    const known = new Set<string>();
    while (!this.#accept('}')) {
      if (members.length > 0 && !this.#accept(',')) return;
      const key = this.#key();
      if (key === undefined || known.has(key)) return;
      known.add(key);
      const value = this.#value(depth);
      if (value === undefined) return;
      members.push(`${JSON.stringify(key)}: ${value}`);
    }
    return `{${members.join(', ')}}`;
  }

  #list(depth: number): string | undefined {
    if (!this.#accept('[')) return;
    const items: string[] = [];
    while (!this.#accept(']')) {
      if (items.length > 0 && !this.#accept(',')) return;
      const value = this.#value(depth);
      if (value === undefined) return;
      items.push(value);
    }
    return `[${items.join(', ')}]`;
  }

  #value(depth: number): string | undefined {
    if (depth > DEPTH_MAX) return;
    const string = this.#string();
    if (string !== undefined) return JSON.stringify(string);
    const scalar = this.#match(SCALAR);
    if (scalar !== undefined) return scalar;
    return this.object(depth + 1) ?? this.#list(depth + 1);
  }

  #key(): string | undefined {
    const string = this.#string();
    if (string === undefined) return this.#match(KEY);
    if (this.#text[this.#at] !== ':') return;
    this.#at += 1;
    return string;
  }

  #string(): string | undefined {
    if (!this.#text.startsWith(this.#quote, this.#at)) return;
    const from = this.#at + this.#quote.length;
    const to = this.#text.indexOf(this.#quote, from);
    if (to < 0) return;
    this.#at = to + this.#quote.length;
    return this.#text.slice(from, to);
  }

  #accept(mark: string): boolean {
    const before = this.#at;
    if (this.#match(PUNCTUATION) === mark) return true;
    this.#at = before;
    return false;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return;
    this.#at = pattern.lastIndex;
    return match[1];
  }
}
