import { CfnDeletionPolicy, Validations } from 'aws-cdk-lib';
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment, RecordBucket } from '../../config/resolved-environment.ts';
import { bucketStatements } from '../../iam/record.ts';
import { createRecordTables, QUERY_RESULTS } from './tables.ts';

/** Results of Athena's queries contain reports, too. */
const QUERY_RESULT_DAYS = 7;
/**
 * Least number of days after which the page, its JSON and the state expire, counted from the last report: a report continues the
 * state after as many days without one.
 */
const MIN_FLEET_DAYS = 14;

function encryptionOf({ keyArn }: RecordBucket): CfnBucket.ServerSideEncryptionRuleProperty {
  return keyArn === undefined
    ? { serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
    : {
        bucketKeyEnabled: true,
        serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyArn },
      };
}

function expire(id: string, prefix: string, days: number): CfnBucket.RuleProperty {
  return {
    id,
    status: 'Enabled',
    prefix,
    expirationInDays: days,
    abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
  };
}

/** The bucket of the record, unless it is one of the operator's, and the tables that Athena reads it by. */
export class RecordStore extends Construct {
  constructor(scope: Construct, id: string, environment: Environment, record: RecordBucket) {
    super(scope, id);
    if (record.isCreated) this.createBucket(environment, record);
    createRecordTables(this, environment, record);
  }

  /** Like the logs, it proves what was sent: it remains when the environment is destroyed. */
  private createBucket({ place, recordDays }: Environment, record: RecordBucket): void {
    const bucket = new CfnBucket(this, 'Bucket', {
      bucketName: record.name,
      bucketEncryption: { serverSideEncryptionConfiguration: [encryptionOf(record)] },
      publicAccessBlockConfiguration: {
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
      lifecycleConfiguration: {
        rules: [
          expire('runs', 'runs/', recordDays),
          // Each report writes them anew, so that they expire only after the last one: its page has texts of reports.
          expire('fleet', 'fleet/', Math.max(recordDays, MIN_FLEET_DAYS)),
          expire('query-results', `${QUERY_RESULTS}/`, QUERY_RESULT_DAYS),
        ],
      },
    });
    bucket.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
    bucket.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    const policy = new CfnBucketPolicy(this, 'BucketPolicy', {
      // cdk-nag finds the bucket in the statements by this name.
      bucket: record.name,
      policyDocument: { Version: '2012-10-17', Statement: bucketStatements(place, record.name) },
    });
    policy.addResourceDependency(bucket);
    // The bucket that remains refuses plain HTTP and replaced runs as before.
    policy.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
    policy.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Access logs need a second bucket and contain no report. CloudTrail data events record who reads the record, where that is required.',
    });
  }
}
