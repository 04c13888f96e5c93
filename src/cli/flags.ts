/** Values of flags by name, as parse.ts has checked them. */
export type FlagValue = true | string | number | readonly string[];
export type FlagValues = ReadonlyMap<string, FlagValue>;

export function isSet(flags: FlagValues, name: string): boolean {
  return flags.get(name) === true;
}

export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags.get(name);
  return typeof value === 'string' ? value : undefined;
}

export function numberFlag(flags: FlagValues, name: string): number | undefined {
  const value = flags.get(name);
  return typeof value === 'number' ? value : undefined;
}

export function listFlag(flags: FlagValues, name: string): readonly string[] {
  const value = flags.get(name);
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
