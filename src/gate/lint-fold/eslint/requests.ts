/** What the folded configuration writes between the quotes of `require`. */
import { relative, sep } from 'node:path';
import type { Dependency } from './model.ts';

/** The bare name when it leads to the same module from the root, else a path. */
export function requestOf(
  require: NodeJS.Require,
  root: string,
  kind: 'plugin' | 'parser',
  { id, filePath }: Dependency,
): string {
  const name = kind === 'plugin' ? pluginPackage(id) : id;
  try {
    if (!name.startsWith('.') && require.resolve(name) === filePath) return name;
  } catch {
    // Not installed at the root: the path says where it is.
  }
  const path = relative(root, filePath).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** `react` -> eslint-plugin-react, `@a` -> @a/eslint-plugin, `@a/b` -> @a/eslint-plugin-b. */
function pluginPackage(id: string): string {
  if (!id.startsWith('@')) return id.startsWith('eslint-plugin-') ? id : `eslint-plugin-${id}`;
  const [scope, name] = id.split('/') as [string, string | undefined];
  if (name === undefined || name === 'eslint-plugin') return `${scope}/eslint-plugin`;
  return `${scope}/${name.startsWith('eslint-plugin-') ? name : `eslint-plugin-${name}`}`;
}
