import type { RunOutcome } from '../../lib/run/outcome.ts';
import type { CredentialsSource } from './target-file.ts';

/** The parts of a run that its texts depend on. */
export interface WordingContext {
  readonly credentials: CredentialsSource['kind'];
  /** Whether the run is recorded in a folder, and not in a bucket. */
  readonly hasRecordFolder: boolean;
  /** Path of the target file, as the user gave it. */
  readonly file: string;
}

type Replacement = readonly [text: RegExp, replacement: string];

/** Settings and places of a function in the library's texts, and their counterparts outside Lambda. */
const VOCABULARY: readonly Replacement[] = [
  [
    /\bCorrect the function's environment variables; the deployment of this target's environment sets them\./g,
    'Correct the target file, or the environment variables of this process.',
  ],
  [/\bTARGET: /g, 'the target file: '],
  [/\bTARGET (?=\w)/g, ''],
  [/\bDELIVERY (?=\w+(\.\w+)*:)/g, 'delivery.'],
  [/\bRECORD (?=\w+:)/g, 'record.'],
  [/\bDELIVERY: /g, 'delivery: '],
  [/\bRECORD: /g, 'record: '],
  [/\bthe endpoint in DELIVERY\b/g, 'delivery.endpoint'],
  [/\bthe function's region\b/g, 'the region of this process (AWS_REGION)'],
  [/\bthe function cannot read\b/g, 'this process cannot read'],
  [/\bthe function's role\b/g, 'the AWS identity of this process'],
  [
    /\bGive a function in a private subnet an interface endpoint for Secrets Manager, or a NAT gateway\./g,
    'Check that this machine can reach Secrets Manager.',
  ],
  [
    /\bGive a function in a private subnet a NAT gateway or a proxy\b/g,
    'Allow this machine to reach the endpoint, or give it a proxy',
  ],
  [
    /\bCheck NAT gateway or proxy, security group and name resolution\./g,
    'Check firewall or network policy, proxy and name resolution.',
  ],
  [
    /\bthe DNS of the VPC: DNS support, private zones and resolver rules\b/g,
    'the name resolution of this machine',
  ],
  [
    /\bthat the function's subnet and security group can reach it\b/g,
    'that no firewall or network policy is between it and this machine',
  ],
  [/; a private subnet needs an S3 gateway endpoint, which is free\b/g, ''],
  [/ where you set the function's environment yourself\b/g, ''],
  [/\bthe function's environment\b/g, 'the environment of this process'],
  [
    /\bShip the PEM with the function, and give its path relative to the function's root\./g,
    'Give the path of the PEM relative to the folder of the target file.',
  ],
  [/\bShip one certificate or several\b/g, 'Put one certificate or several into it'],
  [
    /\bSet the log level to DEBUG \(logLevel of the environment\) for one run\b/g,
    'Use --debug for one run',
  ],
  [/\bthe log level DEBUG \(logLevel of the environment\)/g, 'the option --debug'],
  [/\bin this target's environment\b/g, 'in the target file'],
  [
    /\bset tickHours to (\d+) in this target for more reports\b/g,
    'set tickHours to $1 in the target file, and run the command as often, for more reports',
  ],
  [/\bThe run will be retried automatically\b/g, 'A later run may succeed'],
  [/\bthe run will be retried automatically\b/g, 'a later run may succeed'],
];

/** The secret in the library's texts. */
const WITHOUT_SECRET: readonly Replacement[] = [
  [/ If the secret has another version, that was tried too\./g, ''],
  [/,? as SecretString\b/g, ''],
];

const BY_CREDENTIALS: Readonly<Record<CredentialsSource['kind'], readonly Replacement[]>> = {
  secret: [],
  file: [
    ...WITHOUT_SECRET,
    [/\bThe secret('s)?\b/g, 'The credentials file$1'],
    [/\bthe secret('s)?\b/g, 'the credentials file$1'],
  ],
  environment: [
    ...WITHOUT_SECRET,
    [
      /\bCompare user and password with\b/g,
      'Compare user and password (DATABASE_URL, PGUSER, PGPASSWORD or the password file) with',
    ],
    [
      /\bCorrect dbname in the secret or database in the target\b/g,
      'Correct DATABASE_URL, PGDATABASE or database in the target',
    ],
    [/\bin the secret and in the target\b/g, 'in DATABASE_URL, the PG* variables and the target'],
    [
      /\binto the key ca of the secret or into tls\.caFile\b/g,
      'into a file, and name it in tls.caFile or PGSSLROOTCERT',
    ],
    [/\bin the secret or in tls\.caFile\b/g, 'in tls.caFile'],
  ],
};

const IN_FOLDER: readonly Replacement[] = [
  [
    /\bThe run could not be recorded in the bucket\./g,
    'The run could not be recorded in the folder.',
  ],
  [
    /\bCheck that the bucket of the record exists in the function's region\..* The outcome of the run is not affected\./g,
    'Check that this process may write to the folder of the record, and that its disk has space. The outcome of the run is not affected.',
  ],
];

/** Names the file in the message of CONFIG_INVALID. */
function withFile(file: string): Replacement {
  const literal = file.replaceAll('$', '$$$$');
  return [/\bThe function's configuration\b/g, `The configuration of this run (${literal})`];
}

/** Expresses the outcome of a run in terms of the target file and of this process. The codes are those of the functions. */
export function adaptWording(
  outcome: RunOutcome,
  { credentials, hasRecordFolder, file }: WordingContext,
): RunOutcome {
  const replacements = [
    ...(hasRecordFolder ? IN_FOLDER : []),
    ...BY_CREDENTIALS[credentials],
    ...VOCABULARY,
    withFile(file),
  ];
  const adapt = (text: string): string =>
    replacements.reduce((adapted, [pattern, to]) => adapted.replace(pattern, to), text);
  const { message, remedy, warnings, notes } = outcome;
  return {
    ...outcome,
    message: adapt(message),
    ...(remedy !== undefined && { remedy: adapt(remedy) }),
    ...(warnings && { warnings: warnings.map(adapt) }),
    ...(notes && { notes: notes.map(adapt) }),
  };
}
