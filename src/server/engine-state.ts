/** The model on its way: the server listens before it is loaded. */
import type { Engine } from '../engine/index.ts';
import { RequestError } from './error-table.ts';

export type EngineStatus = 'loading' | 'ready' | 'failed';

export class EngineState {
  #status: EngineStatus = 'loading';
  #engine: Engine | undefined;

  constructor(engine: Promise<Engine>) {
    engine.then(
      (loaded) => {
        this.#engine = loaded;
        this.#status = 'ready';
        void loaded.died.then(() => {
          this.#engine = undefined;
          this.#status = 'failed';
        });
      },
      () => {
        // Whoever opened the engine reports why; here it only will never be ready.
        this.#status = 'failed';
      },
    );
  }

  get status(): EngineStatus {
    return this.#status;
  }

  /** Undefined while it is not there. */
  get engine(): Engine | undefined {
    return this.#engine;
  }

  /** @throws RequestError model-loading, model-failed */
  require(): Engine {
    if (this.#engine !== undefined) return this.#engine;
    if (this.#status === 'failed') {
      throw new RequestError(
        'model-failed',
        'the model is not there: it could not be loaded, or the engine has failed; see the server log.',
      );
    }
    throw new RequestError('model-loading', 'the model is being loaded; try again in a moment.');
  }
}
