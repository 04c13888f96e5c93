/**
 * The code blocks of the README that are marked `live`: they run as they stand, against a server
 * that takes the place of the one on port 8000.
 */
import { readFile } from 'node:fs/promises';

export interface Block {
  /** sh, ts or python. */
  readonly language: string;
  readonly code: string;
}

const ADDRESS = 'http://127.0.0.1:8000';

export async function readmeBlocks(): Promise<Block[]> {
  return liveBlocks(await readFile(new URL('../README.md', import.meta.url), 'utf8'));
}

export function liveBlocks(markdown: string): Block[] {
  const fences = markdown.matchAll(/^```(\w+) live\n(.*?)^```$/gms);
  return [...fences].map(([, language, code]) => ({ language, code }));
}

/** The one block in a language, with the address of `url`. @throws Error when it names another */
export function blockFor(blocks: readonly Block[], language: string, url: string): string {
  const found = blocks.filter((block) => block.language === language);
  if (found.length !== 1) throw new Error(`the README has ${found.length} live ${language} blocks`);
  const [{ code }] = found;
  if (!code.includes(ADDRESS)) throw new Error(`the ${language} block does not ask ${ADDRESS}`);
  return code.replaceAll(ADDRESS, url);
}
