/**
 * Black matches one regular expression against "/" and the path from its root. That of an inner
 * folder moves to the root behind the folder's own path.
 */
import { type ByPath, withoutEmpty } from './by-path.ts';
import type { Governed, LeftFolder } from './model.ts';

export function blackPaths(
  _mode: 'exact' | 'unify',
  folded: readonly Governed[],
  left: readonly LeftFolder[],
): ByPath {
  const table: Record<string, unknown> = {};
  for (const option of ['extend-exclude', 'force-exclude'] as const) {
    const parts = folded.flatMap(({ folder, reading }) => {
      const own = reading.effective[option.replace('-', '_')];
      return typeof own === 'string' && own.trim() !== '' ? [moved(folder, own)] : [];
    });
    if (option === 'extend-exclude') {
      parts.push(...left.map(({ folder }) => `^/${escapeRegex(folder)}/`));
    }
    const [only] = parts;
    table[option] = parts.length < 2 ? only : parts.map((part) => `(?:${part})`).join('|');
  }
  return { table: withoutEmpty(table), changes: [], notes: [] };
}

/** An expression with a line break is verbose for Black: white space and comments do not count. */
function moved(folder: string, own: string): string {
  const body = own.includes('\n') ? `(?x:${own})` : own;
  if (folder === '') return body;
  const at = `^/${escapeRegex(folder)}`;
  return body.startsWith('^/') ? `${at}${body.slice(1)}` : `${at}(?=/).*?(?:${body})`;
}

export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
