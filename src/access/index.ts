/** Who may ask: at this stage one key. Roles, folded from the ledger, come with the ledger. */
export {
  type AccessErrorCode,
  API_KEY_FILE,
  ENVIRONMENT_KEY_LENGTH_MIN,
  type KeyVerifier,
  type OpenApiKeyOptions,
  type OpenedApiKey,
  openApiKey,
} from './api-key.ts';
