/** What the lint scripts of package.json say, and which of their flags flat ESLint refuses. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const GONE_FLAGS = [
  '--no-eslintrc',
  '--ignore-path',
  '--resolve-plugins-relative-to',
  '--rulesdir',
  '--env',
  '--ext',
];

export interface LintScripts {
  /** Extensions of the first script that gives `--ext`, without dots. */
  readonly extensions?: readonly string[];
  readonly notes: readonly string[];
}

export function lintScripts(root: string): LintScripts {
  const path = join(root, 'package.json');
  if (!existsSync(path)) return { notes: [] };
  let scripts: Record<string, unknown>;
  try {
    scripts = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')).scripts ?? {};
  } catch {
    return { notes: [] };
  }
  const notes: string[] = [];
  let extensions: string[] | undefined;
  for (const [name, command] of Object.entries(scripts)) {
    if (typeof command !== 'string' || !/\beslint\b/.test(command)) continue;
    extensions ??= extensionsOf(command);
    const flags = GONE_FLAGS.filter((flag) =>
      new RegExp(`(^|\\s)${flag}(?=[\\s=]|$)`).test(command),
    );
    if (flags.length > 0) {
      notes.push(`package.json: the script "${name}" uses ${flags.join(', ')}; remove by hand`);
    }
  }
  return { ...(extensions === undefined ? {} : { extensions }), notes };
}

function extensionsOf(command: string): string[] | undefined {
  const lists = [...command.matchAll(/--ext[\s=]+["']?([.\w,]+)/g)].map((match) => match[1] ?? '');
  const names = lists.flatMap((list) => list.split(',')).map((name) => name.replace(/^\./, ''));
  return names.length === 0 ? undefined : [...new Set(names.filter((name) => name !== ''))];
}
