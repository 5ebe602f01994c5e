import { SERVICE } from '../../lib/naming.ts';
import type { PlaceValues } from '../options/place.ts';

/** Placeholders of the account and the region. */
const ACCOUNT = '111111111111';
const REGION = 'eu-central-1';

/** The choices of a new folder to deploy from. */
export interface InitChoices extends PlaceValues {
  /** Name of the environment. */
  readonly environment: string;
}

/** Folder of the package's documentation, relative to the new folder. */
export const DOCS = `node_modules/${SERVICE}/docs`;

/** Name of the database in the new environment. */
export const DATABASE = 'metrics';

/** Returns the account and the region, or their placeholders. */
export function placeOf({ account = ACCOUNT, region = REGION }: InitChoices) {
  return { account, region };
}

/** Returns the name of the database's secret, as `onboard` names it. */
export function secretOf({ environment }: InitChoices): string {
  return `${environment}/${DATABASE}/telemetry`;
}

function createPolicy(name: string, file: string): readonly string[] {
  return [
    `aws iam create-policy --policy-name ${SERVICE}-${name} \\`,
    `  --policy-document file://node_modules/${SERVICE}/infra/${file}.json`,
  ];
}

/**
 * Returns the commands from the new folder to the first report, with comments for a shell. The output of `init`, the README
 * that it writes, and docs/deploying.md have the same.
 */
export function nextSteps(choices: InitChoices): readonly string[] {
  const { environment } = choices;
  const { account, region } = placeOf(choices);
  const npx = (command: string) => `npx ${SERVICE} ${command}`;
  return [
    '# Create a role in the database, and a secret: JSON with host, port, dbname, username and password, in a file that git ignores.',
    `psql --host db.example.com --dbname ${DATABASE} --command 'create role telemetry_reporter login' --command '\\password telemetry_reporter'`,
    `aws secretsmanager create-secret --region ${region} --name ${secretOf(choices)} --secret-string file://secrets/${DATABASE}.json`,
    `# Edit environments/${environment}.ts, and check it without credentials.`,
    npx(`synth ${environment}`),
    '# Once per account, an IAM administrator creates two policies. Narrow the secrets that the first one allows to read.',
    ...createPolicy('boundary', 'permissions-boundary'),
    ...createPolicy('cloudformation', 'cloudformation-execution-policy'),
    '# Once per account and region.',
    `${npx(`bootstrap ${environment}`)} \\`,
    `  --cloudformation-execution-policies arn:aws:iam::${account}:policy/${SERVICE}-cloudformation`,
    npx(`diff ${environment}`),
    npx(`deploy ${environment}`),
    "# In a VPC, allow the functions' security group in the database's security group first.",
    npx(`invoke ${environment} ${DATABASE} check`),
    npx(`invoke ${environment} ${DATABASE} send --ignore-schedule`),
    '# Commit the folder, with package-lock.json, which the workflow needs. The workflow deploys the main branch.',
    "git init --initial-branch main && git add . && git commit --message 'Add telemetry'",
  ];
}
