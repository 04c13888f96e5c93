/** Names of generated files: inside their folder, each once. */
import { messageOf } from '../base/index.ts';
import { testgenError } from './errors.ts';

/**
 * A definition names its own file and package: neither must lead out of the folder, or hide in a
 * terminal.
 * @throws VitrineError bad-definition
 */
export function checkInside(path: string): void {
  const segments = path.split('/');
  const isInside = segments.every((segment) => !['', '.', '..'].includes(segment));
  if (isInside && !/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path)) return;
  throw testgenError(
    'bad-definition',
    `file name ${JSON.stringify(path)} leads out of its folder, or has characters that no name has`,
  );
}

/** Every name is inside, and no two are the same. @throws VitrineError bad-definition */
export function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    checkInside(name);
    if (seen.has(name)) {
      throw testgenError('bad-definition', `two generated files are called ${name}: rename one`);
    }
    seen.add(name);
  }
}

export function unwritable(path: string, reason: unknown) {
  const told = typeof reason === 'string' ? reason : messageOf(reason);
  return testgenError('unwritable', `cannot write ${path}: ${told}`, reason);
}

export function unreadable(path: string, reason: unknown) {
  return testgenError('unwritable', `cannot read ${path}: ${messageOf(reason)}`, reason);
}
