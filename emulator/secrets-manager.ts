import { type ListenOptions, type LoopbackServer, listen, readBody } from './http-server.ts';

export type Stage = 'AWSCURRENT' | 'AWSPENDING';

/** One version of a secret, as GetSecretValue returns it. */
export interface SecretVersion {
  readonly VersionId: string;
  readonly SecretString?: string;
  /** Base64. */
  readonly SecretBinary?: string;
}

export interface ServiceError {
  readonly status: number;
  readonly type: string;
}

/** The request is received, but never answered. */
interface Silence {
  readonly silence: true;
}

/** Returns the answer to a request; it may change from one request to the next. */
export type SecretAnswer = (
  secretId: string,
  stage: Stage,
  /** The time of the request's signature, such as 20261125T130000Z. */
  signedAt: string,
) => SecretVersion | ServiceError | Silence;

export interface SecretsManager extends LoopbackServer {
  /** Secret and stage of every request so far. */
  readonly requests: readonly { secretId: string; stage: Stage }[];
}

const NOT_FOUND: ServiceError = { status: 400, type: 'ResourceNotFoundException' };

/** Answers from a table: secret id, stage, version. */
export function fromTable(
  secrets: Readonly<Record<string, Partial<Record<Stage, SecretVersion>>>>,
): SecretAnswer {
  return (secretId, stage) => secrets[secretId]?.[stage] ?? NOT_FOUND;
}

/** Starts a Secrets Manager on loopback that implements GetSecretValue for the real AWS SDK. */
export async function startSecretsManager(
  answer: SecretAnswer,
  options: ListenOptions = {},
): Promise<SecretsManager> {
  const requests: { secretId: string; stage: Stage }[] = [];
  const server = await listen(async (request, response) => {
    const { SecretId, VersionStage }: Record<string, string> = JSON.parse(
      (await readBody(request)).toString('utf8'),
    );
    const stage: Stage = VersionStage === 'AWSPENDING' ? 'AWSPENDING' : 'AWSCURRENT';
    const secretId = SecretId ?? '';
    requests.push({ secretId, stage });
    const result = answer(secretId, stage, String(request.headers['x-amz-date']));
    if ('silence' in result) return;
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if ('type' in result) {
      response.writeHead(result.status);
      response.end(
        JSON.stringify({ __type: result.type, message: 'refused by the local endpoint' }),
      );
      return;
    }
    response.end(
      JSON.stringify({
        ARN: `arn:aws:secretsmanager:local:000000000000:secret:${secretId}`,
        Name: secretId,
        ...result,
      }),
    );
  }, options);
  return Object.assign(server, { requests });
}
