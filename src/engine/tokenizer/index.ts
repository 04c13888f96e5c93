export { SUPPORTED_PRE_SPLITS } from './pre-split.ts';
export { createTextStream } from './text-stream.ts';
export { createTokenizer, SUPPORTED_TOKENIZERS } from './tokenizer.ts';
export type {
  EncodeOptions,
  TextStream,
  Tokenizer,
  TokenizerErrorCode,
  VocabularyTokenizer,
} from './types.ts';
