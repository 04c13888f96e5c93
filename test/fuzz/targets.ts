/** All targets, with what they start from. */

import { templateTarget } from '../../src/engine/chat/template.fuzz.ts';
import { toolCallTarget } from '../../src/engine/chat/tool-calls/parser.fuzz.ts';
import { ggufTarget } from '../../src/engine/gguf/gguf.fuzz.ts';
import { tokenizerTarget } from '../../src/engine/tokenizer/tokenizer.fuzz.ts';
import { readPrompts, templateSource } from '../oracle/chat/load.ts';
import { ownVocabularies, smollm2Metadata } from '../oracle/tokenizer/load.ts';
import type { FuzzTarget } from './target.ts';

const KINDS = ['gpt2', 'llama', 't5', 'bert'];

export function fuzzTargets(): FuzzTarget[] {
  const vocabularies = [...ownVocabularies().values(), smollm2Metadata()];
  const templates = [...new Set(readPrompts().cases.map(({ template }) => template))];
  return [
    ggufTarget(),
    ...KINDS.map((kind) => tokenizerTarget(kind, vocabularies)),
    toolCallTarget(),
    templateTarget(templates.map(templateSource)),
  ];
}
