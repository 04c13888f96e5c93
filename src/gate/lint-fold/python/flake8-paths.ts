/**
 * Flake8's ignores by path. The root ignores what every folder ignores; what a folder ignores
 * besides goes into per-file-ignores for exactly its files. Excludes of a folder get its path.
 */
import { type ByPath, coveringPatterns, listOf, withoutEmpty } from './by-path.ts';
import { inFolder } from './governed.ts';
import type { Governed, LeftFolder, OptionChange } from './model.ts';

export function flake8Paths(
  mode: 'exact' | 'unify',
  folded: readonly Governed[],
  left: readonly LeftFolder[],
): ByPath {
  const ignores = folded.map(ignoredCodes);
  const common = mode === 'unify' ? mostCommon(folded, ignores) : intersection(ignores);
  const all = [...folded, ...left].flatMap(({ files }) => files).sort();
  const perFile: string[] = [];
  const changes: OptionChange[] = [];
  folded.forEach((item, index) => {
    const own = ignores[index] as string[];
    const more = own.filter((code) => !common.includes(code));
    if (mode === 'exact') perFile.push(...perFileLines(item, more, all));
    else if (JSON.stringify(own) !== JSON.stringify(common)) {
      const { folder, files } = item;
      changes.push({ tool: 'flake8', folder, option: 'ignore', before: own, after: common, files });
    }
    perFile.push(...movedPerFile(item));
  });
  const explicit = folded.some(({ reading }) => reading.raw.ignore !== undefined);
  const onlyDefault = !explicit && folded.every(({ reading }) => !reading.raw.extend_ignore);
  const root = folded.find(({ folder }) => folder === '');
  const inner = folded.filter(({ folder }) => folder !== '');
  const excludes = [
    ...listOf(root?.reading.raw.extend_exclude),
    ...inner.flatMap(({ folder, reading }) =>
      [...listOf(reading.raw.exclude), ...listOf(reading.raw.extend_exclude)].flatMap((pattern) =>
        movedPattern(folder, pattern),
      ),
    ),
    // Without a slash it would be every folder of that name.
    ...left.map(({ folder }) => (folder.includes('/') ? folder : `./${folder}`)),
  ];
  return {
    table: withoutEmpty({
      ignore: onlyDefault && perFile.length === 0 ? undefined : common,
      'per-file-ignores': perFile,
      exclude:
        root?.reading.raw.exclude === undefined ? undefined : listOf(root.reading.raw.exclude),
      'extend-exclude': excludes,
    }),
    changes,
    notes: [],
  };
}

/** Everything a folder ignores: its own list, or Flake8's default, and what it adds. */
export function ignoredCodes({ reading }: Governed): string[] {
  const { ignore, extend_ignore: extend, extended_default_ignore: defaults } = reading.effective;
  const byDefault = [...(reading.default_ignore ?? []), ...listOf(defaults)];
  const base = ignore === null || ignore === undefined ? byDefault : listOf(ignore);
  return [...new Set([...base, ...listOf(extend)])].sort();
}

function intersection(lists: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = lists;
  return first.filter((code) => others.every((list) => list.includes(code)));
}

function mostCommon(
  folded: readonly Governed[],
  ignores: readonly (readonly string[])[],
): readonly string[] {
  const votes = new Map<string, number>();
  folded.forEach(({ files }, index) => {
    const key = JSON.stringify(ignores[index]);
    votes.set(key, (votes.get(key) ?? 0) + files.length);
  });
  const [winner] = [...votes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return JSON.parse(winner?.[0] ?? '[]');
}

function perFileLines(item: Governed, codes: readonly string[], all: readonly string[]): string[] {
  if (codes.length === 0) return [];
  const { folders, single } = coveringPatterns(item.files, all);
  const patterns = [...folders.map((folder) => inFolder(said(folder), '*')), ...single.map(said)];
  return patterns.map((pattern) => `${pattern}:${codes.join(',')}`);
}

/**
 * A name as fnmatch takes it. What separates patterns in Flake8's lists cannot be quoted there, so
 * it becomes any one character.
 */
function said(path: string): string {
  return path.replace(/[*?[]/g, '[$&]').replace(/[\s,:]/g, '?');
}

/** `tests/*:S101` of the folder `a` -> `a/tests/*:S101`; a pattern without a slash at any depth. */
function movedPerFile({ folder, reading }: Governed): string[] {
  const raw = reading.raw.per_file_ignores;
  const text = Array.isArray(raw) ? raw.join('\n') : String(raw ?? '');
  const lines = [
    ...text.matchAll(/([^\s:,][^:]*?)\s*:\s*([A-Z][\w,\s]*?)(?=\s*(?:\n|$|[^\s,:]+\s*:))/g),
  ];
  return lines.flatMap(([, files = '', codes = '']) =>
    listOf(files).flatMap((pattern) =>
      movedPattern(folder, pattern).map((moved) => `${moved}:${listOf(codes).join(',')}`),
    ),
  );
}

function movedPattern(folder: string, pattern: string): string[] {
  if (folder === '') return [pattern];
  const bare = pattern.replace(/^\.\//, '').replace(/\/$/, '');
  return pattern.includes('/')
    ? [inFolder(folder, bare)]
    : [inFolder(folder, bare), `${folder}/*/${bare}`];
}
