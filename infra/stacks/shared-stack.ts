import { CfnDeletionPolicy, Stack, Validations } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnLogGroup, CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { CfnParameter as CfnSsmParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { DATABASE_FUNCTIONS, DATABASE_WORKER, FLEET_REPORT } from '../../lib/naming.ts';
import type { Code } from '../bundle/code-assets.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { portsOf } from '../config/rules/network-ports.ts';
import type { CheckedNetwork } from '../config/schema.ts';
import { EnvironmentAlarms } from '../constructs/alarms.ts';
import { createDashboard } from '../constructs/dashboard.ts';
import { FleetReport } from '../constructs/fleet-report.ts';
import { SAVED_QUERIES } from '../constructs/log-queries.ts';
import { RecordStore } from '../constructs/record/store.ts';
import {
  egressGroupParameter,
  environmentName,
  logGroupName,
  type Queue,
  queueArn,
  queueName,
  securityGroupParameter,
} from '../naming.ts';
import { stackProps } from './stack-props.ts';

/** The maximum of SQS. */
const QUEUE_RETENTION_SECONDS = 14 * 24 * 3_600;

/** The resources that an environment's databases share. Other stacks refer to them by name. */
export class SharedStack extends Stack {
  /** The alarms of the environment as a whole, by the end of their names. */
  readonly alarms: EnvironmentAlarms['alarms'];
  private readonly securityGroups = new Map<string, CfnSecurityGroup>();

  constructor(scope: Construct, environment: Environment, code: Pick<Code, 'fleetFolder'>) {
    const { place } = environment;
    super(scope, environmentName(place), {
      ...stackProps(environmentName(place), environment),
      description: `timescaledb-telemetry ${place.environment}: resources shared by its databases`,
    });
    this.createLogGroups(environment);
    const schedules = new CfnScheduleGroup(this, 'Schedules', { name: environmentName(place) });
    this.createQueue('FailedRuns', environment, 'failed-runs');
    this.createQueue('Undelivered', environment, 'undelivered');
    for (const [name, network] of environment.networks) {
      if (network.vpc !== undefined)
        this.createSecurityGroups(name, network.vpc, network, environment);
    }
    this.createQueries(environment);
    createDashboard(this, environment);
    if (environment.record !== undefined) {
      new RecordStore(this, 'Record', environment, environment.record);
      if (environment.fleet !== undefined) {
        const asset = new Asset(this, 'FleetCode', { path: code.fleetFolder });
        new FleetReport(this, 'Fleet', {
          environment,
          record: environment.record,
          code: { s3Bucket: asset.s3BucketName, s3Key: asset.s3ObjectKey },
        }).node.addDependency(schedules);
      }
    }
    this.alarms = new EnvironmentAlarms(this, 'Alarms', environment).alarms;
  }

  /** Returns the id of the security group that is created in a network; undefined for groups of the operator's. */
  securityGroupId(network: string): string | undefined {
    return this.securityGroups.get(network)?.attrGroupId;
  }

  /** The logs record what was sent: they remain when the environment is destroyed. */
  private createLogGroups({ place, logRetentionDays, fleet }: Environment): void {
    const fleetReport = fleet === undefined ? [] : [FLEET_REPORT];
    for (const purpose of [...DATABASE_FUNCTIONS, ...fleetReport]) {
      const logGroup = new CfnLogGroup(this, `Log-${purpose}`, {
        logGroupName: logGroupName(place, purpose),
        retentionInDays: logRetentionDays,
      });
      logGroup.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
      logGroup.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    }
  }

  private createQueue(id: string, { place }: Environment, queue: Queue): void {
    const resource = new CfnQueue(this, id, {
      queueName: queueName(place, queue),
      messageRetentionPeriod: QUEUE_RETENTION_SECONDS,
      sqsManagedSseEnabled: true,
    });
    new CfnQueuePolicy(this, `${id}Policy`, {
      queues: [resource.ref],
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Deny',
            Principal: '*',
            Action: 'sqs:*',
            Resource: queueArn(place, queue),
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
    Validations.of(resource).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'This queue is a dead-letter queue itself; an alarm notifies a person, who reads its messages.',
    });
  }

  /**
   * Creates the groups of a network: that of all its functions, and that of functions which also reach AWS and the internet
   * through it. Both exist whatever `egress` is: EC2 deletes no group that a function uses, and stacks of databases are
   * updated after this one.
   */
  private createSecurityGroups(
    name: string,
    vpcId: string,
    network: CheckedNetwork,
    environment: Environment,
  ): void {
    const { place } = environment;
    const { base, egress } = portsOf(name, network, environment);
    // In a construct of its own: directly in a stack, a-b and ab would have the same logical id.
    const scope = new Construct(this, `Network-${name}`);
    const create = (prefix: string, groupDescription: string, ports: readonly number[]) =>
      new CfnSecurityGroup(scope, `${prefix}SecurityGroup`, {
        groupDescription,
        vpcId,
        securityGroupEgress: ports.flatMap((port) => [
          { ipProtocol: 'tcp', fromPort: port, toPort: port, cidrIp: '0.0.0.0/0' },
          { ipProtocol: 'tcp', fromPort: port, toPort: port, cidrIpv6: '::/0' },
        ]),
      });
    const publish = (prefix: string, parameter: string, { attrGroupId }: CfnSecurityGroup) =>
      new CfnSsmParameter(scope, `${prefix}Parameter`, {
        name: parameter,
        type: 'String',
        value: attrGroupId,
        description: `Security group of the functions in the network ${name}`,
      });
    // A changed description would replace the group, to which the databases' security groups refer.
    const functions = `Functions of ${environmentName(place)} in ${name}: out to databases and 443, nothing in`;
    const group = create('', functions, base);
    publish('', securityGroupParameter(place, name), group);
    this.securityGroups.set(name, group);
    const leaving = `Functions of ${environmentName(place)} that leave ${name}: out to 443 and the proxy, nothing in`;
    publish('Egress', egressGroupParameter(place, name), create('Egress', leaving, egress));
  }

  private createQueries({ place, databases }: Environment): void {
    const hasWorkers = databases.some(({ hasWorker }) => hasWorker);
    SAVED_QUERIES.forEach(({ name, query, functions = ['send-report'] }, index) => {
      new CfnQueryDefinition(this, `Query${index}`, {
        name: `${environmentName(place)}/${name}`,
        queryString: query,
        logGroupNames: functions
          .filter((purpose) => purpose !== DATABASE_WORKER || hasWorkers)
          .map((purpose) => logGroupName(place, purpose)),
      });
    });
  }
}
