export {
  EmbeddingScheduler,
  type EmbeddingStep,
  type TextOfStep,
} from './embedding-scheduler.ts';
export type { PageCopy } from './kv-pages.ts';
export { type Row, Scheduler, type SchedulerOptions, type Step } from './scheduler.ts';
export type { NewSequence, Sequence } from './sequence.ts';
