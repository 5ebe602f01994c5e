import type { DeployedResource } from './compare/resolve-template.ts';
import { isObject } from './intrinsics.ts';
import { allowedOf, canAssume, type Role, roleOf } from './policies.ts';
import { reachOf } from './reach.ts';
import {
  CREATE,
  INVOKE,
  LOG_ACTIONS,
  logStreamArn,
  NETWORK_ACTIONS,
  PASS,
  READ,
  retryOf,
  SEND,
} from './requests.ts';
import { ACCOUNT, REGION } from './synthesis.ts';

/** Complete ARNs of the secrets that a database is deployed with, and what else it has that needs permissions. */
export interface Judged {
  readonly secret: string;
  readonly administratorSecret?: string;
  /** Whether the secret of the reporting role has a customer-managed key. */
  readonly hasKey?: boolean;
  /** Whether the administrator's secret has a customer-managed key. */
  readonly hasAdministratorKey?: boolean;
  readonly hasRecord?: boolean;
  /** Whether the bucket of the record has a customer-managed key. */
  readonly hasRecordKey?: boolean;
}

const LAMBDA = 'lambda.amazonaws.com';
const SCHEDULER = 'scheduler.amazonaws.com';
/** Beginnings of the functions' descriptions: names may be generated. */
const PURPOSES = {
  'send-report': /^Sends /,
  'get-report': /^Manual: shows /,
  configure: /^Manual: enables /,
  'database-worker': /^Connects /,
} as const;
type Purpose = keyof typeof PURPOSES;

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((one, key) => (isObject(one) ? one[key] : undefined), value);
}

/** A function with its role, and the ARNs that it needs. */
interface JudgedFunction {
  readonly purpose: Purpose;
  readonly title: string;
  readonly arn: string;
  readonly role: Role;
  readonly variables: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly inNetwork: boolean;
  readonly failureQueue: string | undefined;
}

/** Judges the roles of a deployment with one database, whatever names they have. */
class Judge {
  readonly #all: readonly DeployedResource[];
  readonly #judged: Judged;
  readonly #problems: string[] = [];

  constructor(all: readonly DeployedResource[], judged: Judged) {
    this.#all = all;
    this.#judged = judged;
  }

  #of(type: string): readonly DeployedResource[] {
    return this.#all.filter((one) => one.type === `AWS::${type}`);
  }

  #expect(title: string, what: string, found: readonly string[], expected: readonly string[]) {
    const [one, other] = [found, expected].map((list) => list.toSorted().join(', '));
    if (one !== other) {
      this.#problems.push(`${title} ${what} ${one || 'nothing'}, not ${other || 'nothing'}`);
    }
  }

  #role(arn: unknown, title: string): Role {
    const found = this.#of('IAM::Role').find((one) => one.arn === arn);
    if (found === undefined) throw new Error(`${title} has no role in the deployment.`);
    const { type: Type, name, properties } = found;
    const attached = this.#of('IAM::Policy').filter((policy) =>
      [policy.properties['Roles']].flat().includes(name),
    );
    const Policies = [
      properties['Policies'] ?? [],
      ...attached.map((one) => one.properties),
    ].flat();
    return roleOf(title, String(arn), ACCOUNT, { Type, Properties: { ...properties, Policies } });
  }

  #functions(): readonly JudgedFunction[] {
    return this.#of('Lambda::Function').flatMap(({ name, arn = '', properties }) => {
      const purpose = (Object.keys(PURPOSES) as Purpose[]).find((one) =>
        PURPOSES[one].test(String(properties['Description'])),
      );
      // The report on the fleet belongs to no database.
      if (purpose === undefined) return [];
      const invocation = this.#of('Lambda::EventInvokeConfig').find(
        (one) => one.properties['FunctionName'] === name,
      );
      const queue = at(invocation?.properties, 'DestinationConfig', 'OnFailure', 'Destination');
      return [
        {
          purpose,
          title: purpose,
          arn,
          role: this.#role(properties['Role'], purpose),
          variables: Object(at(properties, 'Environment', 'Variables') ?? {}),
          logGroup: String(at(properties, 'LoggingConfig', 'LogGroup')),
          inNetwork: properties['VpcConfig'] !== undefined,
          failureQueue: queue === undefined ? undefined : String(queue),
        },
      ];
    });
  }

  #secretOf(purpose: Purpose): readonly string[] {
    const { secret, administratorSecret } = this.#judged;
    if (purpose === 'database-worker') return [];
    const own = purpose === 'configure' ? administratorSecret : secret;
    return own === undefined ? [] : [own];
  }

  #expectedActions({ purpose, inNetwork, variables }: JudgedFunction): readonly string[] {
    const { hasKey, hasAdministratorKey, hasRecord, hasRecordKey } = this.#judged;
    const ofWorker = purpose === 'database-worker';
    const hasOwnKey = purpose === 'configure' ? hasAdministratorKey : hasKey;
    return [
      ...LOG_ACTIONS,
      ...(inNetwork ? NETWORK_ACTIONS : []),
      ...(ofWorker ? [] : ['secretsmanager:GetSecretValue']),
      ...(hasOwnKey === true && !ofWorker ? ['kms:Decrypt'] : []),
      ...(variables['WORKER'] === undefined ? [] : [INVOKE.action]),
      ...(['send-report', 'configure'].includes(purpose) ? [SEND.action] : []),
      ...(purpose === 'send-report' ? [PASS.action, CREATE.action] : []),
      ...(purpose === 'send-report' && hasRecord === true ? ['s3:PutObject'] : []),
      ...(purpose === 'send-report' && hasRecordKey === true ? ['kms:GenerateDataKey'] : []),
    ];
  }

  async #expectAllowed(
    { title, role }: Pick<JudgedFunction, 'title' | 'role'>,
    request: Omit<Parameters<typeof allowedOf>[2], 'resource'>,
    resources: readonly string[],
    expected: readonly string[],
  ): Promise<void> {
    const found = await allowedOf(role, resources, request);
    this.#expect(title, `may ${request.action} on`, found, expected);
  }

  async #expectAssumed(role: Role, service: string, context: Record<string, string>) {
    const others = [LAMBDA, SCHEDULER, 'ec2.amazonaws.com', `arn:aws:iam::${ACCOUNT}:role/admin`];
    const verdicts = await Promise.all(others.map((one) => canAssume(role, one, context)));
    const found = others.filter((_, index) => verdicts[index] === true);
    this.#expect(role.title, 'can be assumed by', found, [service]);
  }

  /** Secrets with similar names, and the same in another region. */
  #secrets(): readonly string[] {
    const { secret, administratorSecret } = this.#judged;
    const similar = [secret.replace(/-\w{6}$/, '2$&'), secret.replace(/-\w{6}$/, '-abcdef$&')];
    const own = administratorSecret === undefined ? [secret] : [secret, administratorSecret];
    return [...own, ...similar, secret.replace(REGION, 'us-east-1')];
  }

  async #judgeFunction(one: JudgedFunction): Promise<void> {
    const { purpose, title, arn, role, variables, logGroup, failureQueue } = one;
    this.#expect(title, 'reaches', reachOf(role), this.#expectedActions(one));
    await this.#expectAssumed(role, LAMBDA, {});
    await this.#expectAllowed(one, READ, this.#secrets(), this.#secretOf(purpose));
    const groups = [...this.#of('Logs::LogGroup').map(({ name }) => name), `${logGroup}-2`];
    for (const action of LOG_ACTIONS) {
      const streams = groups.map((name) => logStreamArn(name));
      await this.#expectAllowed(one, { action }, streams, [logStreamArn(logGroup)]);
    }
    const queues = this.#of('SQS::Queue').map((queue) => queue.arn ?? '');
    await this.#expectAllowed(one, SEND, queues, failureQueue === undefined ? [] : [failureQueue]);
    if (['send-report', 'configure'].includes(purpose) !== (failureQueue !== undefined)) {
      this.#problems.push(`${title} has the on-failure queue ${failureQueue}`);
    }
    const worker = at(JSON.parse(variables['WORKER'] ?? '{}'), 'functionArn');
    const invoked = this.#of('Lambda::Function').map((other) => other.arn ?? '');
    await this.#expectAllowed(
      one,
      { ...INVOKE, context: { 'lambda:SourceFunctionArn': arn } },
      invoked,
      worker === undefined ? [] : [String(worker)],
    );
    await this.#judgeRetries(one);
  }

  /** Only send-report creates schedules: of its own retries, in its own group, with the role of the scheduler. */
  async #judgeRetries(one: JudgedFunction): Promise<void> {
    const roles = this.#of('IAM::Role').map((role) => role.arn ?? '');
    const other = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/retry`;
    if (one.purpose !== 'send-report') {
      await this.#expectAllowed(one, CREATE, [other], []);
      await this.#expectAllowed(one, PASS, roles, []);
      return;
    }
    const { group, name, roleArn } = retryOf(one);
    const own = other.replace('default/retry', `${group}/${name}`);
    const longer = own.replace(`/${group}/`, `/${group}-2/`);
    await this.#expectAllowed(one, CREATE, [own, longer, other], [own]);
    await this.#expectAllowed(one, PASS, roles, [roleArn]);
  }

  async #judgeSchedule(sender: JudgedFunction): Promise<void> {
    const schedule = this.#of('Scheduler::Schedule').find(
      ({ properties }) => at(properties, 'Target', 'Arn') === sender.arn,
    )?.properties;
    const title = 'the scheduler';
    const role = this.#role(at(schedule, 'Target', 'RoleArn'), title);
    const group = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/${schedule?.['GroupName']}`;
    const source = { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': group };
    await this.#expectAssumed(role, SCHEDULER, source);
    const elsewhere = { ...source, 'aws:SourceArn': `${group}-2` };
    if (await canAssume(role, SCHEDULER, elsewhere)) {
      this.#problems.push(`${title} can be assumed for schedules of another group`);
    }
    this.#expect(title, 'reaches', reachOf(role), [INVOKE.action, SEND.action]);
    const functions = this.#of('Lambda::Function').map(({ arn = '' }) => arn);
    await this.#expectAllowed({ title, role }, INVOKE, functions, [sender.arn]);
    const queues = this.#of('SQS::Queue').map(({ arn = '' }) => arn);
    const undelivered = String(at(schedule, 'Target', 'DeadLetterConfig', 'Arn'));
    await this.#expectAllowed({ title, role }, SEND, queues, [undelivered]);
  }

  /** Judges whether all policies are those of roles that functions and schedules use. */
  #judgeOthers(): void {
    const used = [
      ...this.#of('Lambda::Function').map(({ properties }) => properties['Role']),
      ...this.#of('Scheduler::Schedule').map(({ properties }) =>
        at(properties, 'Target', 'RoleArn'),
      ),
    ];
    const roles = this.#of('IAM::Role');
    for (const { id, arn, properties } of roles) {
      if (!used.includes(arn)) this.#problems.push(`${id} is the role of nothing`);
      if (properties['ManagedPolicyArns'] !== undefined) {
        this.#problems.push(`${id} has managed policies`);
      }
    }
    const names = roles.map(({ name }) => name);
    const others = this.#all.filter(({ type, properties }) => {
      if (type !== 'AWS::IAM::Policy') return /^AWS::IAM::(?!Role$)|Permission$/.test(type);
      return ![properties['Roles']].flat().every((one) => names.includes(String(one)));
    });
    for (const { id } of others) this.#problems.push(`${id} permits others`);
  }

  async problems(): Promise<readonly string[]> {
    const functions = this.#functions();
    for (const one of functions) await this.#judgeFunction(one);
    const [sender, ...others] = functions.filter(({ purpose }) => purpose === 'send-report');
    if (sender === undefined || others.length > 0) {
      throw new Error('The deployment must have one send-report.');
    }
    await this.#judgeSchedule(sender);
    this.#judgeOthers();
    return this.#problems;
  }
}

/**
 * Evaluates the policies of a deployment with one database, and returns every permission that is missing, and every one that
 * it should not have.
 *
 * @param resources of all its templates, in the account and region of the tests
 */
export function databaseProblems(
  resources: readonly DeployedResource[],
  judged: Judged,
): Promise<readonly string[]> {
  return new Judge(resources, judged).problems();
}
