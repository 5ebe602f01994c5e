import { describe, expect, test } from 'vitest';
import { adaptWording, type WordingContext } from '../../../cli/run/wording.ts';
import { configError } from '../../../lib/config/target.ts';
import { RunError } from '../../../lib/errors.ts';
import { type RunOutcome, toOutcome } from '../../../lib/run/outcome.ts';
import {
  DATABASE_AUTHENTICATION,
  DATABASE_MISSING,
  DO_NOT_TRACK_DENIAL,
  RECORD_NOT_WRITTEN,
  secretInvalid,
} from '../../faults/expected-messages.ts';
import { DATABASE_FAULTS } from '../../faults/rows/database.ts';
import { ENDPOINT_FAULTS } from '../../faults/rows/endpoint.ts';
import type { Fault } from '../../faults/rows/fault.ts';
import { NETWORK_FAULTS } from '../../faults/rows/network.ts';
import { RECORD_FAULTS } from '../../faults/rows/record.ts';
import { SECRET_FAULTS } from '../../faults/rows/secret.ts';
import { SETTINGS_FAULTS } from '../../faults/rows/settings.ts';
import { TLS_FAULTS } from '../../faults/rows/tls.ts';
import { WIRE_FAULTS } from '../../faults/rows/wire.ts';

const SECRET: WordingContext = {
  credentials: 'secret',
  hasRecordFolder: false,
  file: 'metrics.json',
};
const FILE: WordingContext = { credentials: 'file', hasRecordFolder: true, file: 'metrics.json' };
const ENVIRONMENT: WordingContext = {
  credentials: 'environment',
  hasRecordFolder: true,
  file: 'metrics.json',
};
const CONTEXTS = [SECRET, FILE, ENVIRONMENT];

const GROUPS = [
  ...[DATABASE_FAULTS, ENDPOINT_FAULTS, NETWORK_FAULTS, RECORD_FAULTS],
  ...[SECRET_FAULTS, SETTINGS_FAULTS, TLS_FAULTS, WIRE_FAULTS],
];
const FAULTS = GROUPS.flatMap(({ faults }): Fault[] => Object.values(faults));

interface Texts {
  readonly message: string;
  readonly remedy?: string;
}

function adapt({ message, remedy }: Texts, context: WordingContext): Texts {
  const outcome: RunOutcome = {
    outcome: 'skipped',
    severity: 'INFO',
    message,
    ...(remedy !== undefined && { remedy }),
    warnings: [message],
    notes: [message],
    durationMs: {},
  };
  const { message: adapted, warnings, notes, remedy: after } = adaptWording(outcome, context);
  expect([warnings, notes]).toEqual([[adapted], [adapted]]);
  return { message: adapted, ...(after !== undefined && { remedy: after }) };
}

/** Words for things that a run outside Lambda does not have. */
const OF_LAMBDA =
  /\bfunction's|\b(the|a) function\b|Lambda|logLevel|subnet|\bNAT\b|\bVPC\b|automatically|[Dd]eploy|DELIVERY|TARGET/;

describe('the texts of every fault', () => {
  const texts = FAULTS.flatMap(({ expected, warning }) => [
    expected,
    ...(warning === undefined ? [] : [warning.expected]),
  ]);

  test.each(CONTEXTS)('name nothing of Lambda, with credentials of $credentials', (context) => {
    const adapted = texts.map((one) => adapt(one, context));
    const found = adapted.flatMap(({ message, remedy = '' }) =>
      [message, remedy].filter((text) => OF_LAMBDA.test(text.replaceAll('docs/deploying.md', ''))),
    );
    expect([...new Set(found)]).toEqual([]);
  });

  test.each([FILE, ENVIRONMENT])('name no secret, with credentials of $credentials', (context) => {
    const others = FAULTS.filter(({ expected }) => !expected.code?.startsWith('SECRET_'));
    const adapted = others.map(({ expected }) => adapt(expected, context));
    const found = adapted.flatMap(({ message, remedy = '' }) =>
      [message, remedy].filter((text) => /\bsecret\b/i.test(text)),
    );
    expect([...new Set(found)]).toEqual([]);
  });

  test.each(CONTEXTS)('keep their messages, with credentials of $credentials', (context) => {
    const changed = FAULTS.filter(
      ({ expected }) => adapt(expected, context).message !== expected.message,
    );
    const codes = new Set(changed.map(({ expected }) => expected.code));
    const others = [...codes].filter((code) => !/^(CONFIG_INVALID$|SECRET_)/.test(code ?? ''));
    expect(others).toEqual([]);
  });
});

describe('a text is adapted', () => {
  test.each<[string, WordingContext, Texts, Texts]>([
    [
      'in a configuration error',
      SECRET,
      toOutcome({
        error: configError([
          'TARGET tls.mode: a',
          'TARGET: b',
          'DELIVERY endpoint: c',
          'RECORD bucket: d',
        ]),
        durationMs: {},
      }),
      {
        message:
          'The configuration of this run (metrics.json) has 4 problems: tls.mode: a; the target file: b; delivery.endpoint: c; record.bucket: d.',
        remedy: 'Correct the target file, or the environment variables of this process.',
      },
    ],
    [
      'for a denial of this process',
      SECRET,
      DO_NOT_TRACK_DENIAL,
      {
        message: 'DO_NOT_TRACK is set.',
        remedy:
          'Remove DO_NOT_TRACK from the environment of this process, or set it to 0, to turn telemetry on.',
      },
    ],
    [
      'for an invalid credentials file',
      FILE,
      secretInvalid('it is empty'),
      {
        message: 'The credentials file is invalid: it is empty.',
        remedy:
          'Store JSON with username and password (and host, port and dbname, unless the target has host and database), or a postgres:// URL.',
      },
    ],
    [
      'for a login from the environment',
      ENVIRONMENT,
      DATABASE_AUTHENTICATION,
      {
        message: DATABASE_AUTHENTICATION.message,
        remedy:
          'Compare user and password (DATABASE_URL, PGUSER, PGPASSWORD or the password file) with the role on the server, and check pg_hba.conf, which may require TLS (hostssl).',
      },
    ],
    [
      'for a database of the environment',
      ENVIRONMENT,
      DATABASE_MISSING,
      {
        message: DATABASE_MISSING.message,
        remedy: 'Correct DATABASE_URL, PGDATABASE or database in the target, or remove the target.',
      },
    ],
    [
      'for a folder of the record',
      FILE,
      RECORD_NOT_WRITTEN,
      {
        message: 'The run could not be recorded in the folder.',
        remedy:
          'Check that this process may write to the folder of the record, and that its disk has space. The outcome of the run is not affected.',
      },
    ],
    [
      'for a defect of this project',
      SECRET,
      toOutcome({
        error: new RunError('INTERNAL', 'An unexpected error ended the run.', {
          remedy:
            'Set the log level to DEBUG (logLevel of the environment) for one run, and report the log lines: this is a defect in timescaledb-telemetry.',
        }),
        durationMs: {},
      }),
      {
        message: 'An unexpected error ended the run.',
        remedy:
          'Use --debug for one run, and report the log lines: this is a defect in timescaledb-telemetry.',
      },
    ],
    [
      'for a schedule that fires too rarely',
      SECRET,
      {
        message:
          'The telemetry job is due every 1 hour, and the schedule fires every 24 hours with one report each time; set tickHours to 1 in this target for more reports.',
      },
      {
        message:
          'The telemetry job is due every 1 hour, and the schedule fires every 24 hours with one report each time; set tickHours to 1 in the target file, and run the command as often, for more reports.',
      },
    ],
  ])('%s', (_what, context, { message, remedy }, expected) => {
    expect(adapt({ message, ...(remedy !== undefined && { remedy }) }, context)).toEqual(expected);
  });
});
