export {
  type NewSequence,
  type Row,
  Scheduler,
  type SchedulerOptions,
  type Sequence,
  type Step,
} from './scheduler.ts';
