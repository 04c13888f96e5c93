/**
 * Takes sections out of an INI file as Python's configparser reads one, which is what Flake8 and
 * isort use: a line that is indented deeper than the option above it is a part of its value, even
 * if it looks like a header; a comment is a whole line. Every other byte stays as it is, so texts
 * are handed over as Latin-1 (one character is one byte): the encoding of the file does not matter.
 *
 * A section ends with its last value. Comments below that, up to the next header, stay: they may be
 * about what follows.
 */

/** What a removal took and what it leaves. */
export interface Removal {
  readonly text: string;
  /** Comments that went with what was removed. */
  readonly comments: readonly string[];
}

/** Half-open ranges of lines: the header, and the end of the last value. */
interface Section {
  readonly name: string;
  readonly header: number;
  end: number;
}

/** What Python strips, as far as it is ASCII. */
const BLANKS: ReadonlySet<string> = new Set(' \t\f\v\r\n\x1c\x1d\x1e\x1f');

/** The mark of UTF-8, as Latin-1. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

export function iniSectionNames(text: string): string[] {
  return sectionsOf(linesOf(text)).map(({ name }) => name);
}

/** `names`: the sections that go, spelled as between the brackets. */
export function removeIniSections(text: string, names: readonly string[]): Removal {
  const lines = linesOf(text);
  const going = new Set<number>();
  const comments: string[] = [];
  for (const { name, header, end } of sectionsOf(lines)) {
    if (!names.includes(name)) continue;
    for (let at = header; at < end; at += 1) {
      going.add(at);
      const said = stripped(lines[at] as string);
      if (isComment(said)) comments.push(said);
    }
    // One blank line is enough where there were two.
    const isBlank = (at: number) => stripped(lines[at] ?? 'x') === '';
    if (header === 0 || isBlank(header - 1)) {
      for (let at = end; at < lines.length && isBlank(at); at += 1) going.add(at);
    }
  }
  if (going.size === 0) return { text, comments: [] };
  const mark = going.has(0) && text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
  const kept = lines.filter((_, at) => !going.has(at));
  const tail = lines.length - 1;
  // What stood above the last section ended with a blank line for its sake only.
  if (going.has(tail)) while (kept.length > 0 && stripped(kept.at(-1) as string) === '') kept.pop();
  return { text: mark + kept.join(''), comments };
}

function linesOf(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
}

function sectionsOf(lines: readonly string[]): Section[] {
  const sections: Section[] = [];
  let indentOfOption = 0;
  let isInOption = false;
  lines.forEach((raw, at) => {
    const line = at === 0 && raw.startsWith(BYTE_ORDER_MARK) ? raw.slice(3) : raw;
    const said = stripped(line);
    const section = sections.at(-1);
    const indent = indentOf(line);
    if (said === '') return;
    if (isComment(said)) {
      // An indented comment in the middle of a value belongs to it.
      if (section !== undefined && isInOption && indent > indentOfOption && section.end === at) {
        section.end = at + 1;
      }
      return;
    }
    if (isInOption && indent > indentOfOption) {
      if (section !== undefined) section.end = at + 1;
      return;
    }
    indentOfOption = indent;
    const name = /^\[(.+)\]/.exec(said)?.[1];
    if (name !== undefined) {
      sections.push({ name, header: at, end: at + 1 });
      isInOption = false;
    } else if (section !== undefined) {
      section.end = at + 1;
      isInOption = true;
    }
  });
  return sections;
}

function isComment(said: string): boolean {
  return said.startsWith('#') || said.startsWith(';');
}

function stripped(line: string): string {
  let end = line.length;
  while (end > 0 && BLANKS.has(line[end - 1] as string)) end -= 1;
  return line.slice(Math.min(indentOf(line), end), end);
}

function indentOf(line: string): number {
  let at = 0;
  while (at < line.length && BLANKS.has(line[at] as string)) at += 1;
  return at;
}
