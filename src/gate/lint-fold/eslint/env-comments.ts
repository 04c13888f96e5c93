/**
 * `eslint-env` comments inside source files. The old system honours them, flat configuration does
 * not (ESLint 8.57 and 9 ignore them, 10 reports each as an error), so the fold moves what they say
 * into the configuration: as an expectation for those files, which the pins then state.
 */
import { accesses, yearOf } from './effective.ts';
import type { Access, Effective, EffectiveGroup, Environment } from './model.ts';

/** ES5, as `Effective` writes it: what the old system assumes when nothing is said. */
const ES5_YEAR = 2014;

/** The environments that comments in `text` name; ESLint's own rule for what such a comment is. */
export function envComments(text: string): string[] {
  const names = new Set<string>();
  for (const [, list = ''] of text.matchAll(/\/\*\s*eslint-env\s(.+?)(?:\*\/|$)/gs)) {
    const said = list.split(/\s-{2,}\s/u)[0] ?? '';
    for (const name of said.split(',')) {
      const bare = name.trim().replace(/^['"]|['"]$/g, '');
      if (bare !== '') names.add(bare);
    }
  }
  return [...names].sort();
}

/** Groups as the old system really treated them, comments included. */
export function withEnvComments(
  groups: readonly EffectiveGroup[],
  comments: Readonly<Record<string, readonly string[]>>,
  environments: Readonly<Record<string, Environment>>,
): EffectiveGroup[] {
  return groups.flatMap((group) => {
    if (group.effective.noInlineConfig) return [group];
    const byNames = Map.groupBy(group.files, (file) => (comments[file] ?? []).join(','));
    return [...byNames].map(([names, files]) => ({
      files,
      effective: names
        .split(',')
        .reduce(
          (effective, name) => withEnvironment(effective, environments[name]),
          group.effective,
        ),
    }));
  });
}

function withEnvironment(effective: Effective, environment: Environment | undefined): Effective {
  if (environment === undefined) return effective;
  const globals: Record<string, Access> = {
    ...accesses(environment.globals),
    ...effective.globals,
  };
  const { ecmaVersion, ecmaFeatures } = environment.parserOptions ?? {};
  const input: Record<string, unknown> = { ...effective.parserInput };
  const year = yearOf(ecmaVersion);
  if (year !== undefined && (input.ecmaVersion ?? ES5_YEAR) === ES5_YEAR) input.ecmaVersion = year;
  const features = {
    ...(ecmaFeatures as Record<string, unknown> | undefined),
    ...(input.ecmaFeatures as Record<string, unknown> | undefined),
  };
  if (input.sourceType === 'module') delete features.globalReturn;
  if (Object.keys(features).length > 0) input.ecmaFeatures = features;
  return { ...effective, globals, parserInput: input };
}
