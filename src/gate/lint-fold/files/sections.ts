/**
 * Removes sections of INI files (`[flake8]`) and tables of TOML files (`[tool.black]` with its
 * sub-tables) by lines, leaving every other byte as it is. Comments directly above a removed header
 * stay: they may be about the file.
 */

const HEADER = /^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*(?:[#;].*)?$/;

/** `owns` says whether a section, by its name between the brackets, goes. */
export function removeSections(text: string, owns: (name: string) => boolean): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const kept: string[] = [];
  let removing = false;
  let quote: string | undefined;
  for (const line of lines) {
    // A line inside a TOML multi-line string is never a header.
    const inString = quote !== undefined;
    quote = quoteAfter(line, quote);
    const name = inString ? undefined : HEADER.exec(line.replace(/\r?\n$/, ''))?.[1];
    if (name !== undefined) {
      removing = owns(name.replace(/["']/g, '').replace(/\s*\.\s*/g, '.'));
      if (removing) trimBlank(kept);
    }
    if (!removing) kept.push(line);
  }
  if (removing) while (kept.at(-1)?.trim() === '') kept.pop();
  return kept.join('');
}

/** True for INI `name` or TOML `tool.name` and everything below it. */
export function tomlTable(table: string): (name: string) => boolean {
  return (name) => name === table || name.startsWith(`${table}.`);
}

/** At most one blank line stays where a section was. */
function trimBlank(lines: string[]): void {
  while (lines.length > 0 && lines.at(-1)?.trim() === '' && (lines.at(-2) ?? '').trim() === '') {
    lines.pop();
  }
}

/** Which multi-line string is open after `line`, given the one open before it. */
function quoteAfter(line: string, open: string | undefined): string | undefined {
  let quote = open;
  for (const match of line.matchAll(/"""|'''|#/g)) {
    if (match[0] === '#') {
      if (quote === undefined) break;
    } else if (quote === undefined) quote = match[0];
    else if (quote === match[0]) quote = undefined;
  }
  return quote;
}
