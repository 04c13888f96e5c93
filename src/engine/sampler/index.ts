export { type Logprobs, logprobsOf, type TokenLogprob } from './logprobs.ts';
export { checkSamplingParams, type SamplerErrorCode, type SamplingParams } from './params.ts';
export {
  checkLogits,
  type History,
  type Place,
  type Sample,
  type SampleOptions,
  Sampler,
} from './sampler.ts';
export {
  STOP_SEQUENCE_LENGTH_MAX,
  STOP_SEQUENCES_MAX,
  StopMatcher,
  type StopResult,
} from './stop-matcher.ts';
export { VOCABULARY_MAX } from './weights.ts';
