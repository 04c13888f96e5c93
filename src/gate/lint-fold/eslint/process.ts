/** Starts an ESLint child process and talks to it; one question at a time, in order. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fail } from '../errors.ts';
import { HAS_GROUPS, processGroup } from '../process-group.ts';
import type { Answer } from './channel.ts';

/** Lines of a crashed child's stderr that reach the error message. */
const STDERR_LINES_MAX = 3;

export interface EslintProcess {
  ask<Value>(method: string, params: unknown): Promise<Value>;
  close(): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export interface StartOptions {
  /** The root of the repository: ESLint looks for configurations from there. */
  readonly root: string;
  readonly eslintDir: string;
  readonly allowJs: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** @param which the module beside this file that the child runs */
export function startEslint(
  which: 'legacy-worker' | 'flat-worker',
  { root, eslintDir, allowJs, environment, signal }: StartOptions,
): EslintProcess {
  const child = fork(fileURLToPath(besides(which)), [], {
    cwd: root,
    env: cleanEnvironment(environment),
    execArgv: allowJs ? [] : ['--import', preloadUrl(root, eslintDir)],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: HAS_GROUPS,
  });
  return connect(child, which, signal);
}

function besides(name: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}

function preloadUrl(root: string, eslintDir: string): string {
  const url = besides('sandbox-preload');
  url.search = new URLSearchParams({ root, eslint: eslintDir }).toString();
  return url.href;
}

function connect(child: ChildProcess, which: string, signal?: AbortSignal): EslintProcess {
  const group = processGroup(child);
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let stderr = '';
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const each of waiting.values()) each.reject(ended);
    waiting.clear();
  };
  const interrupted = fail('interrupted', 'interrupted; nothing was changed.');
  const onAbort = () => {
    void group.end().then(() => end(interrupted));
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-8192);
  });
  child.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('value' in answer) asked?.resolve(answer.value);
    else asked?.reject(fail(codeOf(answer.error.code), answer.error.message));
  });
  child.on('error', (error) => end(fail('tool-failed', `cannot start Node: ${error.message}`)));
  child.on('close', (code, by) => {
    signal?.removeEventListener('abort', onAbort);
    // onAbort says so when its own processes are gone too.
    if (signal?.aborted) return;
    const last = stderr.trim().split('\n').slice(-STDERR_LINES_MAX).join(' | ');
    end(fail('tool-failed', `the ${which} ended early (${by ?? `exit code ${code}`}): ${last}`));
  });
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  return {
    ask<Value>(method: string, params: unknown): Promise<Value> {
      return new Promise<Value>((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const id = nextId++;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        child.send({ id, method, params }, (error) => {
          if (error === null || signal?.aborted) return;
          if (waiting.delete(id)) reject(ended ?? error);
        });
      });
    },
    close() {
      signal?.removeEventListener('abort', onAbort);
      if (child.connected) child.disconnect();
    },
  };
}

function codeOf(code: string): 'needs-consent' | 'tool-failed' {
  return code === 'needs-consent' ? code : 'tool-failed';
}

/** ESLint's own switches would select a configuration system behind our back. */
function cleanEnvironment(environment: Readonly<Record<string, string | undefined>>) {
  const clean: Record<string, string | undefined> = { ...environment, FORCE_COLOR: '0' };
  for (const name of Object.keys(clean)) if (name.startsWith('ESLINT_')) delete clean[name];
  // The eslintrc classes of ESLint 9 warn about themselves otherwise.
  clean.NODE_NO_WARNINGS = '1';
  return clean;
}
