/**
 * Rules on package.json and lock files: exact versions, whole locks, nothing that runs at install.
 */
import { type Finding, isFixture, type SourceFile } from './source-file.ts';

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

interface LockedPackage extends Manifest {
  dev?: boolean;
  hasInstallScript?: boolean;
  os?: string[];
  cpu?: string[];
}

/** Native on purpose: the runtime itself. */
const RUNTIME = /^node_modules\/node-[a-z0-9]+-[a-z0-9]+$/;

function named(files: readonly SourceFile[], pattern: RegExp): SourceFile[] {
  return files.filter((file) => pattern.test(file.path) && !isFixture(file));
}

/** Also under another name: npm:eslint@10.15.0. */
const EXACT = /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/;

/** Every version is one version. */
export function exactVersions(files: readonly SourceFile[]): Finding[] {
  return named(files, /(^|\/)package\.json$/).flatMap((file) => {
    const manifest: Manifest = JSON.parse(file.text);
    const all = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies];
    return all
      .flatMap((group) => Object.entries(group ?? {}))
      .filter(([, version]) => !EXACT.test(version))
      .map(([name, version]) => ({
        path: file.path,
        line: 0,
        message: `${name}: expected one exact version, came ${version}`,
      }));
  });
}

/** Download addresses in a lock lead around the mirror that a user has configured. */
export function lockAddresses(files: readonly SourceFile[]): Finding[] {
  const locks = /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml)$/;
  return named(files, locks).flatMap((file) =>
    file.text.split('\n').flatMap((text, index) => {
      if (!/\b(resolved|tarball)"?:? "?http/.test(text)) return [];
      return [{ path: file.path, line: index + 1, message: 'a download address; see .npmrc' }];
    }),
  );
}

function lockedPackages(file: SourceFile): [string, LockedPackage][] {
  return Object.entries(JSON.parse(file.text).packages as Record<string, LockedPackage>);
}

/**
 * npm drops other platforms' optional packages from a lock that it writes over node_modules. Only
 * the package's own lock: bench/peers installs another program, on the machine that measures.
 */
export function lockedPlatforms(files: readonly SourceFile[]): Finding[] {
  return named(files, /^package-lock\.json$/).flatMap((file) => {
    const packages = lockedPackages(file);
    const names = new Set(packages.map(([path]) => path.replace(/^.*node_modules\//, '')));
    return packages.flatMap(([, entry]) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => !names.has(name))
        .map((name) => ({ path: file.path, line: 0, message: `lacks the optional ${name}` })),
    );
  });
}

/** DESIGN N5: no native binary and no install script in what a user installs, but Node itself. */
export function servingPath(files: readonly SourceFile[]): Finding[] {
  return named(files, /^package-lock\.json$/).flatMap((file) =>
    lockedPackages(file)
      .filter(([path, entry]) => path !== '' && entry.dev !== true && !RUNTIME.test(path))
      .flatMap(([path, entry]) => {
        const findings: Finding[] = [];
        const add = (message: string): void => {
          findings.push({ path: file.path, line: 0, message: `${path} ${message}` });
        };
        if (entry.hasInstallScript) add('runs a script when it is installed');
        if (entry.os !== undefined || entry.cpu !== undefined) add('is built for one platform');
        return findings;
      }),
  );
}
