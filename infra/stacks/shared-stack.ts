import { CfnDeletionPolicy, Stack, Validations } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnLogGroup, CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { CfnParameter as CfnSsmParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { FLEET_REPORT, PURPOSES } from '../../lib/naming.ts';
import type { Code } from '../bundle/code-assets.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { portsOf } from '../config/rules/network-ports.ts';
import type { CheckedNetwork } from '../config/schema.ts';
import { EnvironmentAlarms } from '../constructs/alarms.ts';
import { createDashboard } from '../constructs/dashboard.ts';
import { FleetReport } from '../constructs/fleet-report.ts';
import { SAVED_QUERIES } from '../constructs/log-queries.ts';
import { RecordStore } from '../constructs/record-store.ts';
import {
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
        this.createSecurityGroup(name, network.vpc, network, environment);
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
    for (const purpose of [...PURPOSES, ...fleetReport]) {
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

  private createSecurityGroup(
    name: string,
    vpcId: string,
    network: CheckedNetwork,
    environment: Environment,
  ): void {
    const { place } = environment;
    // In a construct of its own: directly in a stack, a-b and ab would have the same logical id.
    const scope = new Construct(this, `Network-${name}`);
    const group = new CfnSecurityGroup(scope, 'SecurityGroup', {
      // A changed description would replace the group, to which the databases' security groups refer.
      groupDescription: `Functions of ${environmentName(place)} in ${name}: out to databases and 443, nothing in`,
      vpcId,
      securityGroupEgress: portsOf(name, network, environment).flatMap((port) => [
        { ipProtocol: 'tcp', fromPort: port, toPort: port, cidrIp: '0.0.0.0/0' },
        { ipProtocol: 'tcp', fromPort: port, toPort: port, cidrIpv6: '::/0' },
      ]),
    });
    this.securityGroups.set(name, group);
    new CfnSsmParameter(scope, 'Parameter', {
      name: securityGroupParameter(place, name),
      type: 'String',
      value: group.attrGroupId,
      description: `Security group of the functions in the network ${name}`,
    });
  }

  private createQueries({ place }: Environment): void {
    SAVED_QUERIES.forEach(({ name, query }, index) => {
      new CfnQueryDefinition(this, `Query${index}`, {
        name: `${environmentName(place)}/${name}`,
        queryString: query,
        logGroupNames: [logGroupName(place, 'send-report')],
      });
    });
  }
}
