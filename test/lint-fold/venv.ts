/** The Python environment of the suite: made once, from PyPI, with exact versions. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, SUITE } from './workspace.ts';

const FOLDER = join(SUITE, '.venv');
const REQUIREMENTS = join(SUITE, 'requirements.txt');

/** Path of its interpreter. */
export async function makeVenv(): Promise<string> {
  const python = join(FOLDER, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  const stamp = join(FOLDER, 'installed.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  const made = await run('python3', ['-m', 'venv', '--clear', FOLDER], SUITE);
  assert.equal(made.code, 0, made.stderr);
  const args = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    REQUIREMENTS,
  ];
  const installed = await run(python, args, SUITE);
  assert.equal(installed.code, 0, installed.stderr);
  writeFileSync(stamp, wanted);
  return python;
}
