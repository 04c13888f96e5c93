/**
 * The first lines by which a regenerated file is known, and the definition that it is made from.
 */
import { PLUGIN_NAME } from './identity.ts';
import type { Language } from './options.ts';

/** Bytes within which the lines stand; comments of the definition came before them once. */
export const HEAD_BYTES = 64 * 1024;

const MARK = new RegExp(`^// (@g|G|Code g)enerated by ${PLUGIN_NAME}\\b`, 'm');
const SOURCE = /^\/\/ (?:@generated from file|source:) (\S.*?\.proto)(?: \(.*)?$/m;

/** True when the generator made the file. */
export function isMarked(content: string): boolean {
  return MARK.test(content.slice(0, HEAD_BYTES));
}

/** The .proto file that a test is made from; undefined: it is shared by others, or does not say. */
export function sourceOf(content: string): string | undefined {
  return SOURCE.exec(content.slice(0, HEAD_BYTES))?.[1];
}

const NAMES: Readonly<Record<Language, { test: RegExp; shared: RegExp }>> = {
  ts: {
    test: /_test\.gen\.(ts|js|d\.ts)$/,
    shared: /^testgen_(messages|services|rules)\.gen\.(ts|js|d\.ts)$/,
  },
  go: {
    test: /_gen_test\.go$/,
    shared: /^testgen_(messages|services|rules)_gen_test\.go$/,
  },
};

/** By the name alone, without folders. */
export function kindOf(name: string, language: Language): 'test' | 'shared' | undefined {
  if (NAMES[language].shared.test(name)) return 'shared';
  return NAMES[language].test.test(name) ? 'test' : undefined;
}
