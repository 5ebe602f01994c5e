import * as z from 'zod/mini';
import { isEndpoint } from '../../lib/config/endpoint-url.ts';
import { hostSchema } from '../../lib/config/host.ts';
import { versionSchema } from '../../lib/config/send-report-config.ts';
import { LEVELS, nameSchema, SIZES, SOURCES, TICK_HOURS } from '../../lib/config/target.ts';
import { DIGESTS } from '../../lib/fleet-report/settings.ts';
import { isRegion, MAX_STACKS, PERMISSIONS_BOUNDARY } from '../naming.ts';
import { muteSchema } from './mute-schema.ts';

/** Retention periods of CloudWatch Logs. */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

/** Lambda's limits per function. */
const MAX_SUBNETS = 16;
const MAX_SECURITY_GROUPS = 5;

/** Whether the functions of a network reach AWS and the internet through it, or run outside of it and use a worker in it. */
const EGRESS = ['vpc', 'none'] as const;

const text = () => z.string().check(z.minLength(1, 'must not be empty'));
const matching = (pattern: RegExp, message: string) => z.string().check(z.regex(pattern, message));
const port = () => z.int().check(z.minimum(1), z.maximum(65_535));

/** Returns whether a text is the URL of a proxy. Node ignores a path; a password would be readable in the configuration. */
function isProxy(candidate: string): boolean {
  if (!URL.canParse(candidate)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(candidate);
  const isBare = `${username}${password}${search}${hash}` === '' && pathname === '/';
  return isBare && (protocol === 'http:' || protocol === 'https:');
}

const proxySchema = z
  .string()
  .check(
    z.refine(
      isProxy,
      'must be an http:// or https:// URL without path and credentials, such as http://proxy.example.com:3128 (credentials would be readable in the configuration of the function); authorise the functions by their subnets instead',
    ),
  );

/** A host that a Lambda function can reach: no path of a Unix socket. */
const databaseHostSchema = hostSchema.check(
  z.refine((host) => !host.startsWith('/'), 'must be the name or address of a host, not a path'),
);

const tlsSchema = z.strictObject({
  mode: z._default(z.enum(['verify-full', 'verify-ca', 'disable']), 'verify-full'),
  caFile: z.optional(text()),
  serverName: z.optional(hostSchema),
  acknowledgePlainText: z.optional(z.literal(true)),
});

const deliverySchema = z
  .strictObject({
    endpoint: z.optional(
      z
        .string()
        .check(
          z.refine(
            isEndpoint,
            'must be an https:// URL without credentials and fragment (http:// would send the report in plain text and is accepted for loopback only)',
          ),
        ),
    ),
    proxy: z.optional(proxySchema),
    latestVersion: z.optional(versionSchema),
    latestVersionParameter: z.optional(
      matching(
        /^\/timescaledb-telemetry\/[\w./-]{1,400}$/,
        'must be the name of an SSM parameter that begins with /timescaledb-telemetry/: the deployment has permission to read no other',
      ),
    ),
    versionCheckWhenOff: z.optional(z.boolean()),
  })
  .check(
    z.refine(
      ({ endpoint, proxy, latestVersion, latestVersionParameter }) =>
        [endpoint ?? proxy, latestVersion, latestVersionParameter].filter(
          (given) => given !== undefined,
        ).length < 2,
      'endpoint and proxy (reports are sent), latestVersion, and latestVersionParameter (nothing is sent) exclude each other; keep one of the three',
    ),
    z.refine(
      ({ latestVersion, latestVersionParameter, versionCheckWhenOff }) =>
        versionCheckWhenOff !== true || (latestVersion ?? latestVersionParameter) !== undefined,
      'versionCheckWhenOff needs latestVersion or latestVersionParameter: a version is judged without consent only where nothing is sent',
    ),
  );

/** A destination is required: without one, the keys that are left out would mean TimescaleDB's endpoint. */
const databaseDeliverySchema = deliverySchema.check(
  z.refine(
    ({ endpoint, latestVersion, latestVersionParameter, versionCheckWhenOff }) =>
      // Its own problem is reported above.
      versionCheckWhenOff === true ||
      (endpoint ?? latestVersion ?? latestVersionParameter) !== undefined,
    "must set endpoint, latestVersion or latestVersionParameter, because it replaces the environment's delivery as a whole; for a proxy alone, set the key proxy of the database",
  ),
);

const defaults = {
  tls: z.optional(tlsSchema),
  levelWhenUnset: z.optional(z.enum(LEVELS)),
  reportSource: z.optional(z.enum(SOURCES)),
  sizes: z.optional(z.enum(SIZES)),
  tickHours: z.optional(
    z.literal(TICK_HOURS, { error: `must be one of ${TICK_HOURS.join(', ')} (hours)` }),
  ),
  network: z.optional(z.nullable(text())),
  proxy: z.optional(z.nullable(proxySchema)),
  doNotTrack: z.optional(z.boolean()),
};

const secret = { secret: text(), kmsKey: z.optional(text()) };

export const defaultsSchema = z.strictObject(defaults);

export const databaseSchema = z.strictObject({
  ...defaults,
  ...secret,
  name: nameSchema,
  host: z.optional(databaseHostSchema),
  port: z.optional(port()),
  database: z.optional(text()),
  delivery: z.optional(databaseDeliverySchema),
  configure: z.optional(z.strictObject(secret)),
});

export const networkSchema = z
  .strictObject({
    subnets: z
      .array(
        matching(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet, such as subnet-0a1b2c3d'),
      )
      .check(
        z.minLength(1, 'must contain at least one id'),
        z.maxLength(MAX_SUBNETS, `must contain at most ${MAX_SUBNETS} ids, the limit of Lambda`),
      ),
    vpc: z.optional(
      matching(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC, such as vpc-0a1b2c3d'),
    ),
    securityGroups: z.optional(
      z
        .array(
          matching(
            /^sg-[0-9a-f]{8,17}$/,
            'must be the id of a security group, such as sg-0a1b2c3d',
          ),
        )
        .check(
          z.minLength(1, 'must contain at least one id'),
          z.maxLength(
            MAX_SECURITY_GROUPS,
            `must contain at most ${MAX_SECURITY_GROUPS} ids, the limit of Lambda`,
          ),
        ),
    ),
    databasePorts: z._default(z.array(port()), [5_432]),
    egress: z._default(z.enum(EGRESS), 'vpc'),
  })
  .check(
    z.refine(
      ({ vpc, securityGroups }) => (vpc === undefined) !== (securityGroups === undefined),
      'needs either vpc (a security group is created in it) or securityGroups (your own); set exactly one of them',
    ),
  );

/** Without the wildcards and variables of IAM policies, and without the braces of Athena's templates. */
const FOLDER_NAME = '[A-Za-z0-9][\\w.=-]*';
/** The longest `recordDays`: ten years. */
const MAX_RECORD_DAYS = 3_653;

export const recordSchema = z
  .strictObject({
    bucket: z.optional(
      matching(
        /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
        'must be the name of a bucket, such as company-telemetry, without s3:// and folder',
      ),
    ),
    prefix: z.optional(
      matching(
        new RegExp(`^(?=.{1,200}$)${FOLDER_NAME}(?:/${FOLDER_NAME})*$`),
        'must be the path of a folder such as telemetry/prod, of letters, digits, dots, hyphens, underscores and =, without a slash at either end',
      ),
    ),
    kmsKey: z.optional(text()),
  })
  .check(
    z.refine(
      ({ bucket, prefix }) => prefix === undefined || bucket !== undefined,
      'prefix needs bucket: the bucket that the deployment creates contains nothing else',
    ),
  );

/** The environment without its databases, defaults, networks and record, which are checked one by one: a problem in one hides no other. */
export const environmentSchema = z.strictObject({
  account: matching(/^\d{12}$/, 'must be the 12 digits of an AWS account, as a string'),
  region: z
    .string()
    .check(z.refine(isRegion, 'must be the code of an AWS region, such as eu-central-1')),
  databases: z.array(z.unknown()),
  defaults: z._default(z.unknown(), {}),
  networks: z._default(z.record(z.string(), z.unknown()), {}),
  delivery: z._default(deliverySchema, {}),
  versionData: z.optional(text()),
  alarmTopic: z.optional(
    matching(/^arn:[\w-]+:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'must be the ARN of an SNS topic'),
  ),
  record: z._default(z.unknown(), true),
  recordDays: z._default(z.int().check(z.minimum(1), z.maximum(MAX_RECORD_DAYS)), 400),
  alarms: z._default(z.enum(['database', 'environment']), 'database'),
  fleet: z._default(z.boolean(), true),
  digest: z._default(z.enum(DIGESTS), 'off'),
  mute: z._default(z.array(muteSchema), []),
  logRetentionDays: z._default(
    z.literal(RETENTION_DAYS, {
      error: `must be a retention period of CloudWatch Logs, in days: ${RETENTION_DAYS.join(', ')}`,
    }),
    400,
  ),
  logLevel: z._default(z.enum(['INFO', 'DEBUG']), 'INFO'),
  bootstrapQualifier: z.optional(
    matching(/^[a-z0-9]{1,10}$/, 'must be 1 to 10 lower-case letters and digits'),
  ),
  permissionsBoundary: z._default(
    z.nullable(
      matching(
        /^(?:arn:[\w-]+:iam::(?:\d{12}|aws):policy\/)?[\w+=,.@-]+(?:\/[\w+=,.@-]+)*$/,
        'must be the name or the ARN of a managed policy, such as company-boundary; null sets no boundary',
      ),
    ),
    PERMISSIONS_BOUNDARY,
  ),
  stacks: z._default(z.int().check(z.minimum(1), z.maximum(MAX_STACKS)), 1),
});

export type CheckedDatabase = z.infer<typeof databaseSchema>;
export type CheckedDefaults = z.infer<typeof defaultsSchema>;
export type CheckedDelivery = z.infer<typeof deliverySchema>;
export type CheckedNetwork = z.infer<typeof networkSchema>;
export type CheckedEnvironment = z.infer<typeof environmentSchema>;
