import { Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { SecretReference } from '../../config/rules/secret-reference.ts';
import type { SecretProps } from './props.ts';

/** Secrets Manager appends a hyphen and six characters to the ARN of every secret. */
const ANY_SUFFIX = '-??????';

/** Returns the name of a secret of this account, and otherwise its partial ARN: a partial ARN may end like a complete one. */
function incompleteId(scope: Construct, { secretName, secretArn, env }: ISecret): string {
  return env.account === Stack.of(scope).account ? secretName : secretArn;
}

/** Returns a secret as the function requests it, and as its role may read it. */
export function toReference(scope: Construct, { secret, secretKey }: SecretProps): SecretReference {
  const { secretArn, secretFullArn, encryptionKey } = secret;
  const key = secretKey ?? encryptionKey;
  return {
    id: secretFullArn ?? incompleteId(scope, secret),
    resources: [secretFullArn ?? `${secretArn}${ANY_SUFFIX}`],
    ...(key !== undefined && { keyArn: key.keyArn }),
  };
}
