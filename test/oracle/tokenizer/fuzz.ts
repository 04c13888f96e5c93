/**
 * The long run of src/engine/tokenizer/tokenizer.fuzz.ts.
 *
 *   node test/oracle/tokenizer/fuzz.ts [SECONDS] [SEED]
 */
import { fuzzTokenizers, type Outcomes } from '../../../src/engine/tokenizer/tokenizer.fuzz.ts';
import { ownVocabularies, smollm2Metadata } from './load.ts';

const ROUNDS = 200;
const seconds = Number(process.argv[2] ?? 60);
const first = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const vocabularies = [...ownVocabularies().values(), smollm2Metadata()];
const end = performance.now() + seconds * 1000;
const total: Outcomes = { ids: 0, 'vocabulary-refused': 0, 'text-refused': 0 };
let seed = first;
for (; performance.now() < end; seed += 1) {
  const outcomes = fuzzTokenizers({ seed, rounds: ROUNDS, vocabularies });
  for (const key of Object.keys(total) as (keyof Outcomes)[]) total[key] += outcomes[key];
  process.stderr.write(`\rseed ${seed}: ${JSON.stringify(total)}`);
}
console.log(`\nseeds ${first} to ${seed - 1}, ${ROUNDS} rounds each: ${JSON.stringify(total)}`);
