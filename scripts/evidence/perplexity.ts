/** Perplexity beside llama.cpp's, as `npm run bench:perplexity -- --json` writes it. */
import type { PerplexityReport } from '../../bench/perplexity.ts';
import { count, table } from './table.ts';

export function perplexityTable({ machine, results }: PerplexityReport): string {
  const rows = results.map(({ model, tokens, scored, vitrine, llamaCpp, difference }) => [
    ...[model, count(tokens), count(scored), vitrine.toFixed(2), llamaCpp.toFixed(2)],
    `${(100 * difference).toFixed(2)} %`,
  ]);
  const head = ['model', 'tokens', 'scored', 'Vitrine', 'llama.cpp', 'difference'];
  const { date, cpu, cores, node } = machine;
  return `${table(head, rows)}\n${date}, ${cpu}, ${cores} cores, Node ${node}.\n`;
}
