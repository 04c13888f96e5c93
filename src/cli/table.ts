/** Text in columns and lines of bounded width. */

/**
 * Rows of cells -> lines, columns aligned with two spaces between. The last column is wrapped when
 * `width` is given, its further lines indented below it.
 */
export function alignColumns(rows: readonly (readonly string[])[], width?: number): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.slice(0, -1).entries()) {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    }
  }
  return rows.flatMap((row) => {
    const first = row.slice(0, -1).map((cell, i) => cell.padEnd(widths[i] + 2));
    const indent = first.join('').length;
    const last = row.at(-1) ?? '';
    const lines = width === undefined ? [last] : wrap(last, Math.max(30, width - indent));
    return lines.map((line, i) => {
      const head = i === 0 ? first.join('') : ' '.repeat(indent);
      return (head + line).trimEnd();
    });
  });
}

/** Breaks at spaces; a word longer than the width has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
