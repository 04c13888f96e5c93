/**
 * The framework sorts the names of an import by the locale that the process happens to have; here
 * they are put in the order of their characters, the same everywhere.
 */

const IMPORT = /^(import (?:type )?|const )\{ ([^{}]*) \}( from "| = require\("|= require\()/;

/** The source text with the names of each import statement in order. */
export function sortedImports(source: string): string {
  const lines = source.split('\n');
  for (const [i, line] of lines.entries()) {
    const [start, head, names, tail] = IMPORT.exec(line) ?? [];
    if (start === undefined) continue;
    const sorted = (names ?? '').split(', ').sort();
    lines[i] = `${head}{ ${sorted.join(', ')} }${tail}${line.slice(start.length)}`;
  }
  return lines.join('\n');
}
