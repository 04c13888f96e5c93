/**
 * Wraps comments wider than 100 columns, which Biome leaves as they are: the words that are too
 * many move to the next line of the same comment. Drawings and lists, told by their indentation or
 * mark, are left to people. Part of `npm run format`.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';

const WIDTH = 100;
const COMMENT = /^(\s*(?:\/\*\*|\*|\/\/) )(\S.*)$/;

/** The text with its comments wrapped; equal to `text` when none is too wide. */
export function wrapComments(text: string): string {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const comment = COMMENT.exec(lines[i]);
    if ([...lines[i]].length <= WIDTH || comment === null) continue;
    const [, mark, words] = comment;
    const margin = mark.replace('/**', ' *');
    if (mark.includes('/**') && words.endsWith('*/')) {
      // One line becomes three; the middle one comes up next.
      const open = mark.trimEnd();
      const close = `${margin.trimEnd()}/`;
      lines.splice(i, 1, open, margin + words.replace(/\s*\*\/$/, ''), close);
      continue;
    }
    const cut = lines[i].lastIndexOf(' ', WIDTH);
    if (cut < mark.length) continue;
    const rest = lines[i].slice(cut + 1);
    lines[i] = lines[i].slice(0, cut);
    const next = COMMENT.exec(lines[i + 1] ?? '');
    const isSameText = next !== null && next[1] === margin && !/^([@*-]|\d+\.) ?/.test(next[2]);
    if (isSameText) lines[i + 1] = `${margin}${rest} ${next[2]}`;
    else lines.splice(i + 1, 0, margin + rest);
  }
  return lines.join('\n');
}

if (import.meta.main) {
  const paths = globSync(['{src,test,scripts,bench,examples}/**/*.{ts,mjs}', 'bin/*.mjs'], {
    exclude: [
      '**/node_modules/**',
      '**/fixtures/**',
      'test/lint-fold/repos/**',
      '**/matmul-tiles.ts',
    ],
  });
  for (const path of paths) {
    const text = readFileSync(path, 'utf8');
    const wrapped = wrapComments(text);
    if (wrapped !== text) writeFileSync(path, wrapped);
  }
}
