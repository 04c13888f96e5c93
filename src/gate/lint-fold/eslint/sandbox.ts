/**
 * Runs inside the two ESLint child processes. Refuses to execute JavaScript that is not an
 * installed package unless the user agreed: ESLint's own loading of `.eslintrc.js`, of an `extends`
 * that leads to a local file, and of a plug-in that is a link back into the repository all pass
 * here, as do native add-ons. Packages in node_modules are run as ESLint runs them. Also serves
 * modules that exist only in memory.
 *
 * The hooks hold for one thread; `sandbox-preload.ts` brings them into the threads and the Node.js
 * processes that plug-ins start.
 */
import { realpathSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isCommitted } from '../files/committed.ts';

/** This program itself: `src` or `dist`. */
const OWN_FOLDER = fileURLToPath(new URL('../../../', import.meta.url));

export interface Sandbox {
  /** Modules by URL (without query) that are read from memory instead of the disk. */
  readonly memory: Map<string, string>;
}

let refused: Error | undefined;

/**
 * The first refusal in this thread. A plug-in may have caught it and gone on without the module, so
 * what it found is not what ESLint finds.
 */
export function firstRefusal(): Error | undefined {
  return refused;
}

/** Installs the module hooks for this process. The folders are absolute real paths. */
export function installSandbox(root: string, eslintDir: string, allowJs: boolean): Sandbox {
  const memory = new Map<string, string>();
  if (!allowJs) refuseNativeCode(root, eslintDir);
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (memory.has(withoutQuery(specifier))) {
        return { url: specifier, format: 'module', shortCircuit: true };
      }
      return nextResolve(specifier, context);
    },
    load(url, context, nextLoad) {
      const source = memory.get(withoutQuery(url));
      if (source !== undefined) return { format: 'module', source, shortCircuit: true };
      if (!allowJs) refuseOwnCode(root, eslintDir, url);
      return nextLoad(url, context);
    },
  });
  return { memory };
}

/** A native add-on (`parser: "./x.node"`) is loaded past the hooks. */
function refuseNativeCode(root: string, eslintDir: string): void {
  const load = process.dlopen;
  process.dlopen = (...args: Parameters<typeof process.dlopen>) => {
    refuseOwnCode(root, eslintDir, pathToFileURL(realpathSync(String(args[1]))).href);
    return load.apply(process, args);
  };
}

function refuseOwnCode(root: string, eslintDir: string, url: string): void {
  if (!url.startsWith('file:')) return;
  const path = fileURLToPath(url);
  if (path.startsWith(eslintDir + sep) || isInstalled(path)) return;
  if (/\.(json|wasm)$/.test(path) || path.startsWith(OWN_FOLDER)) return;
  const shown = path.startsWith(root + sep) ? path.slice(root.length + 1) : path;
  const error = new Error(`${shown} is code of the repository; give --allow-js to run it.`);
  Object.assign(error, { code: 'needs-consent' });
  refused ??= error;
  throw error;
}

const installed = new Map<string, boolean>();

/** In a `node_modules` that did not come with the repository. */
function isInstalled(path: string): boolean {
  const end = path.indexOf(`${sep}node_modules${sep}`);
  if (end < 0) return false;
  const folder = path.slice(0, end + `${sep}node_modules`.length);
  const known = installed.get(folder) ?? !isCommitted(folder);
  installed.set(folder, known);
  return known;
}

function withoutQuery(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at);
}
