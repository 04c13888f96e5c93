/** What a tokenizer offers. `engine/api.ts` hands these types on to the rest of Vitrine. */

/** Text <-> token ids. */
export interface Tokenizer {
  readonly vocabularySize: number;
  /** Longest token in bytes. */
  readonly tokenBytesMax: number;
  /**
   * @param options.parseSpecial  true: special tokens written in the text become their ids (chat
   *   templates); false: they are ordinary text (what users wrote). Default false.
   * @param options.addSpecial  true: BOS / EOS as the file asks. Default false.
   * @param options.unencodable  what happens to characters that the vocabulary has no bytes for:
   *   'error' (the default) or 'drop', which is what Hugging Face `tokenizers` does silently.
   * @throws VitrineError bad-request for such a character, unless it is to be dropped
   */
  encode(text: string, options?: EncodeOptions): number[];
  /**
   * Text of the ids; special tokens are left out unless asked for. Invalid UTF-8 becomes U+FFFD.
   */
  decode(tokenIds: readonly number[], options?: { special?: boolean }): string;
  /** Bytes of one token; empty for special tokens unless asked for. */
  tokenBytes(tokenId: number, options?: { special?: boolean }): Uint8Array;
  isSpecial(tokenId: number): boolean;
  /** BOS id when the file names one. */
  readonly bosId?: number;
  /** Ids that end a turn. */
  readonly endOfTurnIds: readonly number[];
}

export interface EncodeOptions {
  parseSpecial?: boolean;
  addSpecial?: boolean;
  unencodable?: 'error' | 'drop';
  /** A text of more tokens is refused with too-many-tokens as soon as that is certain. */
  tokenCountMax?: number;
}

/** Streaming decode: bytes of tokens in, whole characters out. */
export interface TextStream {
  /** Text that became complete with this token. */
  push(tokenId: number): string;
  /** What is left at the end; an unfinished character becomes U+FFFD. */
  end(): string;
}

/** What `createTokenizer` gives: the tokenizer, and what chat templates need of it. */
export interface VocabularyTokenizer extends Tokenizer {
  readonly eosId?: number;
  /** Text of a token as a template writes it: `bos_token`, `eos_token`. */
  tokenText(tokenId: number): string;
  /** Texts of the tokens that only `parseSpecial` turns into ids. */
  readonly controlTexts: readonly string[];
  /**
   * As `encode` with `parseSpecial`, but no control token is taken that contains the character at
   * one of `guards`: ascending UTF-16 offsets into `text`, which must be well-formed. Ordinary text
   * is tokenised as if the guards were not there.
   */
  encodeGuarded(
    text: string,
    guards: readonly number[],
    options?: Omit<EncodeOptions, 'parseSpecial'>,
  ): number[];
}

export type TokenizerErrorCode =
  /** A tokenizer model or a pre-split rule that Vitrine does not have. */
  | 'unsupported-tokenizer'
  /** The vocabulary in the file contradicts itself. */
  | 'bad-header'
  /** The text, or an id, has no place in the vocabulary. */
  | 'bad-request'
  /** The text has more tokens than were asked for. */
  | 'too-many-tokens';
