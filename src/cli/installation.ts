/** How this program came onto the machine, and what takes it off again. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Installation =
  /** A clone of the repository: what it holds is its owner's. */
  | { readonly kind: 'checkout'; readonly folder: string }
  /** `npm install`, in a project or globally. */
  | { readonly kind: 'npm'; readonly folder: string; readonly command: readonly string[] }
  /** npx keeps it in npm's cache. */
  | { readonly kind: 'npx'; readonly folder: string; readonly cacheEntry: string }
  /** Something else put it there. */
  | { readonly kind: 'other'; readonly folder: string };

/** @param folder  of the package: where package.json lies */
export function findInstallation(folder: string = packageFolder()): Installation {
  if (existsSync(join(folder, 'src', 'cli', 'main.ts'))) return { kind: 'checkout', folder };
  const modules = dirname(folder);
  if (basename(modules) !== 'node_modules') return { kind: 'other', folder };
  const project = dirname(modules);
  if (basename(dirname(project)) === '_npx') return { kind: 'npx', folder, cacheEntry: project };
  // npm keeps global packages in PREFIX/lib/node_modules; on Windows in PREFIX/node_modules.
  if (basename(project) === 'lib' && !existsSync(join(project, 'package.json'))) {
    const prefix = dirname(project);
    const command = ['npm', 'uninstall', '--global', '--prefix', prefix, basename(folder)];
    return { kind: 'npm', folder, command };
  }
  if (!existsSync(join(project, 'package.json'))) return { kind: 'other', folder };
  const command = ['npm', 'uninstall', '--prefix', project, basename(folder)];
  return { kind: 'npm', folder, command };
}

/** What a reader types to start this program: a checkout and npx put nothing on the PATH. */
export function commandWord({ kind }: Installation = findInstallation()): string {
  return kind === 'checkout' || kind === 'npx' ? 'npx vitrine' : 'vitrine';
}

/** The package's folder: two above src/cli and dist/cli alike. */
function packageFolder(): string {
  const folder = fileURLToPath(new URL('../../', import.meta.url));
  return realpathSync(folder.endsWith(sep) ? folder.slice(0, -1) : folder);
}
