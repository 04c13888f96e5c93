/** The package's own version, from its manifest: the same from src/cli and dist/cli. */
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  const manifest = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
