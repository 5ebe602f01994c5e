import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces `@aws-sdk/credential-provider-node`: Lambda puts the credentials into the environment, so the files and
 * hosts of the default chain are never needed.
 */
export const defaultProvider = fromEnv;
