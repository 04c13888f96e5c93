/**
 * Writes the evidence into docs/models.md, between its markers; the rest of the page is written by
 * hand. What the committed oracles can show is computed anew; what takes real weights or a download
 * is read from docs/evidence, where the commands named on the page write it. With `--check` it
 * writes nothing and fails when the page is not current (`npm run generated`).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PerplexityReport } from '../bench/perplexity.ts';
import type { TokenizerEvidence } from '../test/full/tokenizers.test.ts';
import { architectureTables, measureAgreement } from './evidence/architectures.ts';
import { perplexityTable } from './evidence/perplexity.ts';
import { readTypeOracles, tensorTypeTable } from './evidence/tensor-types.ts';
import {
  type Compared,
  compareCommitted,
  fetchedTable,
  kindTable,
  ruleTable,
} from './evidence/tokenizers.ts';

const PAGE = fileURLToPath(new URL('../docs/models.md', import.meta.url));
const EVIDENCE = new URL('../docs/evidence/', import.meta.url);

const SECTION = /<!-- begin (\S+): written by `npm run docs` -->\n[\s\S]*?<!-- end \1 -->\n/g;

/**
 * The page with new sections.
 * @param sections  name in the markers -> Markdown
 * @throws Error when the page lacks a section, or has one that is not there
 */
export function fillSections(page: string, sections: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(sections));
  const filled = page.replace(SECTION, (_, name: string) => {
    if (!missing.delete(name)) throw new Error(`docs/models.md has the section ${name} in excess`);
    const mark = `begin ${name}: written by \`npm run docs\``;
    return `<!-- ${mark} -->\n\n${sections[name]}\n<!-- end ${name} -->\n`;
  });
  const [name] = missing;
  if (name === undefined) return filled;
  throw new Error(`docs/models.md lacks the markers of the section ${name}`);
}

/** Every section of the page; takes seconds. */
export function makeSections(): Record<string, string> {
  const { decoders, encoders } = architectureTables(measureAgreement());
  const fetched = readEvidence('tokenizers.json') as TokenizerEvidence | undefined;
  const onRecord = fetchedTable(fetched);
  const vocabularies: Compared[] = [...compareCommitted(), ...(fetched?.results ?? [])];
  const perplexity = readEvidence('perplexity.json') as PerplexityReport | undefined;
  return {
    decoders,
    encoders,
    types: tensorTypeTable(readTypeOracles()),
    perplexity: perplexity === undefined ? 'Not on record yet.\n' : perplexityTable(perplexity),
    tokenizers: kindTable(vocabularies),
    rules: ruleTable(vocabularies),
    vocabularies: onRecord,
  };
}

/** A result on record, or undefined. */
function readEvidence(name: string): unknown {
  const url = new URL(name, EVIDENCE);
  return existsSync(url) ? JSON.parse(readFileSync(url, 'utf8')) : undefined;
}

if (import.meta.main) {
  const page = readFileSync(PAGE, 'utf8');
  const current = fillSections(page, makeSections());
  if (!process.argv.includes('--check')) {
    writeFileSync(PAGE, current);
  } else if (page !== current) {
    console.error('not current: docs/models.md. Run `npm run docs` and commit.');
    process.exitCode = 1;
  }
}
