/**
 * `GET /v1/models` and `/v1/models/{id}`: Anthropic's shape with `anthropic-version`, else
 * OpenAI's.
 */
import { Type } from 'typebox';
import {
  AnthropicModel,
  AnthropicModelList,
  type ModelFacts,
  OpenAiModel,
  OpenAiModelList,
} from '../api/index.ts';
import type { EngineInfo } from '../engine/index.ts';
import { type App, checkModelName, type ServerContext } from './context.ts';
import { apiOf } from './error-reply.ts';
import { jsonContent } from './route-schema.ts';

const tags = ['Models'];

export function addModelsRoutes(app: App, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/v1/models',
    schema: {
      tags,
      operationId: 'listModels',
      summary: 'The models that are served; the shape follows the header anthropic-version',
      response: {
        200: jsonContent('The list', Type.Union([OpenAiModelList, AnthropicModelList])),
      },
    },
    handler: async (request): Promise<OpenAiModelList | AnthropicModelList> => {
      const { info } = context.engine.require();
      const { modelName: id } = context;
      if (apiOf(request.url, request.headers) === 'openai') {
        return { object: 'list', data: [openAiModel(context, info)] };
      }
      const data = [anthropicModel(context, info)];
      return { data, has_more: false, first_id: id, last_id: id };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/models/:id',
    schema: {
      tags,
      operationId: 'getModel',
      summary: 'One model, by its name or another name it is known under',
      params: Type.Object({ id: Type.String() }),
      response: { 200: jsonContent('The model', Type.Union([OpenAiModel, AnthropicModel])) },
    },
    handler: async (request): Promise<OpenAiModel | AnthropicModel> => {
      checkModelName(context, request.params.id, 'model');
      const { info } = context.engine.require();
      const isOpenAi = apiOf(request.url, request.headers) === 'openai';
      return isOpenAi ? openAiModel(context, info) : anthropicModel(context, info);
    },
  });
}

function openAiModel({ modelName, startedAt }: ServerContext, info: EngineInfo): OpenAiModel {
  return {
    id: modelName,
    object: 'model',
    created: Math.floor(startedAt.getTime() / 1000),
    owned_by: 'vitrine',
    max_model_len: info.model.contextTokens,
    vitrine: factsOf(info),
  };
}

function anthropicModel({ modelName, startedAt }: ServerContext, info: EngineInfo): AnthropicModel {
  const longest = info.model.contextTokens - 1;
  return {
    type: 'model',
    id: modelName,
    display_name: info.model.name,
    created_at: startedAt.toISOString(),
    max_input_tokens: longest,
    max_tokens: longest,
    vitrine: factsOf(info),
  };
}

function factsOf({ model, numerics }: EngineInfo): ModelFacts {
  return {
    digest: model.digest,
    numerics,
    architecture: model.architecture,
    parameters: model.parameterCount,
    licence: model.licence ?? null,
  };
}
