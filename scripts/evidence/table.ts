/** What the sections of docs/models.md share: Markdown tables, counts, and complaints. */

/** @param rows  cells of each row; bars in them would end a cell */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** 6318 -> "6,318", in every locale. */
export function count(value: number): string {
  return String(value).replace(/(?<=\d)(?=(\d{3})+$)/g, ',');
}

/** How many of how many differ. */
export function share(differing: number, all: number): string {
  return `${count(differing)} of ${count(all)}`;
}

/**
 * The evidence for one thing in the code.
 * @param what  kind and name of the thing
 * @param remedy  what brings the evidence
 * @throws Error when there is none
 */
export function evidenceOf<T>(evidence: T | undefined, what: string, remedy: string): T {
  if (evidence === undefined) throw new Error(`no evidence for the ${what}: ${remedy}`);
  return evidence;
}
