export {
  EmbeddingScheduler,
  type EmbeddingStep,
  type TextOfStep,
} from './embedding-scheduler.ts';
export {
  type NewSequence,
  type Row,
  Scheduler,
  type SchedulerOptions,
  type Sequence,
  type Step,
} from './scheduler.ts';
