/** Unified diffs, as `git apply` reads them, with names as git writes them. */
import { type FileChange, textOf } from './change.ts';

const CONTEXT = 3;

/** Above this product of line counts the changed middle is shown as one replacement. */
const CELLS_MAX = 4_000_000;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

export function unifiedDiff(changes: readonly FileChange[]): string {
  return changes.map(diffOf).join('');
}

function diffOf(change: FileChange): string {
  const before = textOf(change.before);
  const after = textOf(change.after);
  if (before === after && change.before !== undefined && change.after !== undefined) return '';
  const old = change.before === undefined ? '/dev/null' : fileName(`a/${change.path}`);
  const now = change.after === undefined ? '/dev/null' : fileName(`b/${change.path}`);
  const head = `diff --git ${quoted(`a/${change.path}`)} ${quoted(`b/${change.path}`)}\n`;
  const mode =
    change.before === undefined
      ? 'new file mode 100644\n'
      : change.after === undefined
        ? 'deleted file mode 100644\n'
        : '';
  if (before === after) return head + mode;
  return `${head}${mode}--- ${old}\n+++ ${now}\n${hunks(lineDiff(lines(before), lines(after)))}`;
}

/** A tab ends a name with spaces, as in GNU diff. */
function fileName(path: string): string {
  const name = quoted(path);
  return name === path && path.includes(' ') ? `${name}\t` : name;
}

const ESCAPES: Readonly<Record<number, string>> = {
  ...{ 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' },
  ...{ 34: '\\"', 92: '\\\\' },
};

/** git's core.quotePath: control characters and bytes above ASCII are escaped, in quotes. */
function quoted(path: string): string {
  const body = [...Buffer.from(path)].map((byte) => {
    if (ESCAPES[byte] !== undefined) return ESCAPES[byte];
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    return `\\${byte.toString(8).padStart(3, '0')}`;
  });
  const text = body.join('');
  return text === path ? path : `"${text}"`;
}

/** Lines with their line ends; the last one may have none. */
function lines(text: string): string[] {
  return text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

export function lineDiff(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const shorter = Math.min(before.length, after.length) - head;
  while (tail < shorter && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const old = before.slice(head, before.length - tail);
  const now = after.slice(head, after.length - tail);
  const same = (text: string): Line => ({ sign: ' ', text });
  return [
    ...before.slice(0, head).map(same),
    ...middle(old, now),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** Longest common subsequence by dynamic programming; `old` and `now` differ at both ends. */
function middle(old: readonly string[], now: readonly string[]): Line[] {
  const removed = (text: string): Line => ({ sign: '-', text });
  const added = (text: string): Line => ({ sign: '+', text });
  if (old.length * now.length > CELLS_MAX) return [...old.map(removed), ...now.map(added)];
  const width = now.length + 1;
  // length[i * width + j]: longest common subsequence of old[i..] and now[j..]
  const length = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      length[i * width + j] =
        old[i] === now[j]
          ? (length[(i + 1) * width + j + 1] as number) + 1
          : Math.max(length[(i + 1) * width + j] as number, length[i * width + j + 1] as number);
    }
  }
  const result: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    const down = i < old.length ? (length[(i + 1) * width + j] as number) : -1;
    const right = j < now.length ? (length[i * width + j + 1] as number) : -1;
    if (i < old.length && j < now.length && old[i] === now[j]) {
      result.push({ sign: ' ', text: old[i] as string });
      i += 1;
      j += 1;
    } else if (down >= right) result.push(removed(old[i++] as string));
    else result.push(added(now[j++] as string));
  }
  return result;
}

function hunks(all: readonly Line[]): string {
  const changed = all.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]));
  let text = '';
  for (let from = 0; from < changed.length; ) {
    let to = from;
    while (
      to + 1 < changed.length &&
      (changed[to + 1] as number) - (changed[to] as number) <= 2 * CONTEXT
    ) {
      to += 1;
    }
    const start = Math.max(0, (changed[from] as number) - CONTEXT);
    const end = Math.min(all.length, (changed[to] as number) + CONTEXT + 1);
    text += hunk(all, start, end);
    from = to + 1;
  }
  return text;
}

function hunk(all: readonly Line[], start: number, end: number): string {
  const before = all.slice(0, start);
  const body = all.slice(start, end);
  const count = (list: readonly Line[], other: '-' | '+') =>
    list.filter(({ sign }) => sign !== other).length;
  const range = (other: '-' | '+') => {
    const size = count(body, other);
    return `${count(before, other) + (size === 0 ? 0 : 1)},${size}`;
  };
  const lines = body.map(
    ({ sign, text }) =>
      `${sign}${text.endsWith('\n') ? text : `${text}\n\\ No newline at end of file\n`}`,
  );
  return `@@ -${range('+')} +${range('-')} @@\n${lines.join('')}`;
}
