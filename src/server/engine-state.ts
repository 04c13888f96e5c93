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

  /**
   * @param kind what is wanted of the model; undefined: nothing that only one kind can do
   * @throws RequestError model-loading, model-failed, wrong-model-kind
   */
  require(kind?: 'text' | 'embeddings'): Engine {
    if (this.#engine !== undefined) return ofKind(this.#engine, kind);
    if (this.#status === 'failed') {
      throw new RequestError(
        'model-failed',
        'the model is not there: it could not be loaded, or the engine has failed; see the server log.',
      );
    }
    throw new RequestError('model-loading', 'the model is being loaded; try again in a moment.');
  }
}

function ofKind(engine: Engine, kind: 'text' | 'embeddings' | undefined): Engine {
  const isEmbedder = engine.info.model.embedding !== undefined;
  if (kind === 'text' && isEmbedder) {
    throw new RequestError(
      'wrong-model-kind',
      'this model gives embeddings, not text; send texts to POST /v1/embeddings.',
      { param: 'model' },
    );
  }
  if (kind === 'embeddings' && !isEmbedder) {
    throw new RequestError(
      'wrong-model-kind',
      'this model gives text, not embeddings; serve an embedding model, such as MiniLM or bge.',
      { param: 'model' },
    );
  }
  return engine;
}
