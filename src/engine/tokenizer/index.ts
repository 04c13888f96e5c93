export { createTextStream } from './text-stream.ts';
export { createTokenizer } from './tokenizer.ts';
export type {
  EncodeOptions,
  TextStream,
  Tokenizer,
  TokenizerErrorCode,
  VocabularyTokenizer,
} from './types.ts';
