/**
 * isort's paths. What counts as first party depends on `src_paths`, by default the folder of the
 * settings and its `src`; when settings move to the root, those folders are named there.
 */
import { type ByPath, listOf, withoutEmpty } from './by-path.ts';
import { inFolder } from './governed.ts';
import type { Governed, LeftFolder } from './model.ts';

export function isortPaths(
  _mode: 'exact' | 'unify',
  folded: readonly Governed[],
  left: readonly LeftFolder[],
): ByPath {
  const root = folded.find(({ folder }) => folder === '');
  const inner = folded.filter(({ folder }) => folder !== '');
  const moved = (option: string) =>
    inner.flatMap(({ folder, reading }) =>
      listOf(reading.raw[option]).map((pattern) => inFolder(folder, pattern.replace(/^\//, ''))),
    );
  const own = (option: string) => listOf(root?.reading.raw[option]);
  const leftGlobs = left.map(({ folder }) => `${folder}/*`);
  return {
    table: withoutEmpty({
      src_paths: inner.length === 0 ? own('src_paths') : sourcePaths(folded),
      skip: own('skip'),
      extend_skip: [...own('extend_skip'), ...moved('skip'), ...moved('extend_skip')],
      skip_glob: own('skip_glob'),
      extend_skip_glob: [
        ...own('extend_skip_glob'),
        ...moved('skip_glob'),
        ...moved('extend_skip_glob'),
        ...leftGlobs,
      ],
      skip_gitignore: folded.some(({ reading }) => reading.effective.skip_gitignore) || undefined,
    }),
    changes: [],
    notes:
      inner.length === 0
        ? []
        : [
            'isort: src_paths names the folded folders, so that first-party modules stay first party',
          ],
  };
}

function sourcePaths(folded: readonly Governed[]): string[] {
  const paths = folded.flatMap(({ folder, reading }) => {
    const raw = listOf(reading.raw.src_paths);
    const relative = raw.length > 0 ? raw : ['.', 'src'];
    return relative.map((path) => (path === '.' ? folder || '.' : inFolder(folder, path)));
  });
  return [...new Set(paths)].sort();
}
