/**
 * The libraries for protobuf. They are optional peers of the package, since most who install it
 * only serve models: whoever generates tests installs them. This file and those that import it
 * without `import()` must not need them.
 */
import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { testgenError } from './errors.ts';

/** @throws VitrineError no-libraries, with the command that installs what is missing or too old */
export function requireLibraries(program: string): void {
  const manifest = createRequire(import.meta.url)('../../package.json');
  const wanted = Object.entries<string>(manifest.peerDependencies);
  const faults = wanted.flatMap(([name, range]) => faultOf(name, range, installedVersion(name)));
  if (faults.length === 0) return;
  const packages = wanted.map(([name, range]) => `${name}@${lowest(range)[0]}`).join(' ');
  throw testgenError(
    'no-libraries',
    `${program} needs libraries that vitrine does not bring: ${faults.join(', ')}. ` +
      `Install them: npm install --save-dev ${packages}`,
  );
}

/** Why the installed version does not serve, if so. `range`: ^1.2.3. */
export function faultOf(name: string, range: string, version: string | undefined): string[] {
  if (version === undefined) return [`${name} is not installed`];
  const [major, minor, patch] = lowest(range);
  const [ownMajor, ownMinor, ownPatch] = lowest(version);
  const isEnough = ownMinor > minor || (ownMinor === minor && ownPatch >= patch);
  if (ownMajor === major && isEnough) return [];
  return [`${name} is ${version}, not ${range}`];
}

function lowest(range: string): [major: number, minor: number, patch: number] {
  const [, ...parts] = /(\d+)\.(\d+)\.(\d+)/.exec(range) ?? [];
  const [major = 0, minor = 0, patch = 0] = parts.map(Number);
  return [major, minor, patch];
}

function installedVersion(name: string): string | undefined {
  try {
    const path = findPackageJSON(name, import.meta.url);
    return path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8')).version;
  } catch {
    return undefined;
  }
}
