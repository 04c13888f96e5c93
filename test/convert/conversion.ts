/** A conversion for tests: no progress, notes gathered. */
import { type ConvertOptions, convert } from '../../src/convert/index.ts';

/** @returns the notes */
export async function converted(
  source: string,
  out: string,
  options: Partial<ConvertOptions> = {},
): Promise<string[]> {
  const notes: string[] = [];
  await convert({
    ...{ source, out, force: true, signal: new AbortController().signal },
    onNote: (note) => notes.push(note),
    onProgress: () => undefined,
    ...options,
  });
  return notes;
}
