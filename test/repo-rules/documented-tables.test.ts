import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { permissionConditions } from '../../infra/archives/placeholder-environment.ts';
import { PLACEHOLDERS } from '../../infra/archives/placeholders.ts';
import { QUOTAS } from '../../infra/config/quotas.ts';
import {
  databaseSchema,
  defaultsSchema,
  environmentSchema,
  networkSchema,
  recordSchema,
} from '../../infra/config/schema.ts';
import { SAVED_QUERIES } from '../../infra/constructs/log-queries.ts';
import { missingRunsAlarmName } from '../../infra/naming.ts';
import type { RecordSettings } from '../../lib/config/record-config.ts';
import type { RetrySettings } from '../../lib/config/send-report-config.ts';
import type { Target } from '../../lib/config/target.ts';
import type { ConsentRule } from '../../lib/consent/decide-consent.ts';
import type { LevelHolder, PlaceKind } from '../../lib/consent/level-place.ts';
import { REQUEST_HEADERS } from '../../lib/delivery/request.ts';
import { ENDPOINT_STAGES, READING_STAGES } from '../../lib/diagnostics/checklist.ts';
import type { FleetSettings } from '../../lib/fleet-report/settings.ts';
import { FIELDS } from '../../lib/report/fields/all-fields.ts';
import type { VerdictCode } from '../../lib/version-check/judge-version.ts';
import { namesInTables } from '../support/repo/pages.ts';
import { readPage, section } from './page-sections.ts';

const ARCHIVES = readPage('archives');

const CONSENT = readPage('consent');

const COST = readPage('cost-and-quotas');

const ENVIRONMENT = readPage('environment');

const OPERATING = readPage('operating');

const SENT = readPage('what-is-sent');

const VERSION_CHECK = readPage('version-check');

const jsonSchema = z.object({ properties: z.optional(z.record(z.string(), z.unknown())) });

/** Returns the keys that a schema accepts; nested keys have a dot: `tls.mode`. */
function keysOf(schema: unknown, prefix = ''): readonly string[] {
  const { properties = {} } = jsonSchema.parse(schema);
  return Object.entries(properties).flatMap(([key, value]) => {
    const inner = keysOf(value, `${prefix}${key}.`);
    return inner.length > 0 ? inner : [`${prefix}${key}`];
  });
}

function keysAccepted(schema: z.core.$ZodType): readonly string[] {
  return keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

describe('docs/archives.md', () => {
  const [, conditions = '', placeholders = ''] = section(ARCHIVES, 'The files').split('\n### ');

  test('has every placeholder of the archives, and no other', () => {
    const named = namesInTables(placeholders);
    expect(named.toSorted()).toEqual(Object.keys(PLACEHOLDERS).toSorted());
  });

  test('has every condition of permissions, and no other', () => {
    const names = permissionConditions().map(({ name }) => name);
    expect(namesInTables(conditions).toSorted()).toEqual(names.toSorted());
  });
});

describe('docs/environment.md', () => {
  test('has every key of an environment, and no other', () => {
    const keys = keysAccepted(environmentSchema).map((key) => key.replace(/\..*/, ''));
    const named = namesInTables(section(ENVIRONMENT, 'Keys of an environment'));
    expect(named.toSorted()).toEqual([...new Set(keys)].toSorted());
  });

  test('has every key of a database, and no other', () => {
    const named = namesInTables(section(ENVIRONMENT, 'Keys of a database'));
    const keys = keysAccepted(databaseSchema).map((key) =>
      key.replace(/^delivery\..*/, 'delivery'),
    );
    expect(named.toSorted()).toEqual([...new Set(keys)].toSorted());
  });

  test('has every key of `defaults`', () => {
    const keys = keysAccepted(defaultsSchema).map((key) => key.replace(/\..*/, ''));
    const row = ENVIRONMENT.text.split('\n').find((line) => line.startsWith('| `defaults` '));
    const named = [...(row ?? '').matchAll(/`(\w+)`/g)].map(([, key]) => key);
    expect(named.toSorted()).toEqual([...new Set(keys), 'defaults'].toSorted());
  });

  test('has every key of a network, and no other', () => {
    const named = namesInTables(section(ENVIRONMENT, 'Keys of a network'));
    expect(named.toSorted()).toEqual(keysAccepted(networkSchema).toSorted());
  });

  test('has every key of `record`, and no other', () => {
    const named = namesInTables(section(ENVIRONMENT, 'Keys of `record`'));
    expect(named.toSorted()).toEqual(keysAccepted(recordSchema).toSorted());
  });

  test('has every key of `delivery`, and no other', () => {
    const named = namesInTables(section(ENVIRONMENT, 'Keys of `delivery`'));
    const keys = keysAccepted(environmentSchema).filter((key) => key.startsWith('delivery.'));
    expect(named.toSorted()).toEqual(keys.map((key) => key.replace('delivery.', '')).toSorted());
  });

  test('has every key of TARGET, RETRY, RECORD and FLEET, and every variable in JSON', () => {
    const tls: Readonly<Record<keyof Target['tls'], string>> = {
      mode: 'tls.mode',
      caFile: 'tls.caFile',
      serverName: 'tls.serverName',
    };
    const target: Readonly<Record<Exclude<keyof Target, 'tls'>, true>> = {
      name: true,
      environment: true,
      secretId: true,
      host: true,
      port: true,
      database: true,
      levelWhenUnset: true,
      reportSource: true,
      sizes: true,
      tickHours: true,
      versionData: true,
    };
    const retry: Readonly<Record<keyof RetrySettings, true>> = {
      scheduleGroup: true,
      roleArn: true,
      deadLetterQueueArn: true,
    };
    const record: Readonly<Record<keyof RecordSettings, true>> = { bucket: true, prefix: true };
    const variables = namesInTables(section(ENVIRONMENT, 'Variables of the functions'));
    for (const name of ['TARGET', 'WORKER', 'DELIVERY', 'RETRY', 'RECORD', 'FLEET']) {
      expect(variables).toContain(name);
    }
    const fleet: Readonly<Record<Exclude<keyof FleetSettings, keyof RecordSettings>, true>> = {
      environment: true,
      account: true,
      topic: true,
      digest: true,
      file: true,
    };
    const keys = [target, retry, record, fleet].flatMap((one) => Object.keys(one));
    keys.push(...Object.values(tls));
    expect(keys.filter((key) => !variables.includes(key))).toEqual([]);
  });
});

describe('docs/what-is-sent.md', () => {
  test('names every field of the report', () => {
    const patterns = ['num_…_policies', 'num_user_defined_actions', '…_fixed'];
    const named = namesInTables(section(SENT, 'The report'));
    expect(patterns.filter((pattern) => !named.includes(pattern))).toEqual([]);
    const names = FIELDS.map(({ name }) =>
      name.replace(/^(num_user_defined_actions)_fixed$/, '$1'),
    );
    const unnamed = names.filter(
      (name) => !named.includes(name) && !/^num_.*_policies(_fixed)?$/.test(name),
    );
    expect(unnamed).toEqual([]);
  });

  test('has every header of the request', () => {
    const text = section(SENT, 'The request');
    const headers = Object.keys(REQUEST_HEADERS);
    expect(headers.filter((name) => !text.includes(`\`${name}: `))).toEqual([]);
  });
});

describe('docs/consent.md', () => {
  test('has every rule, and no other', () => {
    const rules: Readonly<Record<ConsentRule, true>> = {
      'do-not-track': true,
      'level-off': true,
      'level-hidden': true,
      'level-unreadable': true,
      'level-when-unset': true,
      'level-set': true,
      'level-default': true,
      'job-removed': true,
      'job-paused': true,
      restoring: true,
    };
    const named = namesInTables(section(CONSENT, 'The rules'));
    expect(named.toSorted()).toEqual(Object.keys(rules).toSorted());
  });

  test('has every kind of place and every holder, and no other', () => {
    const places: Readonly<Record<PlaceKind, true>> = {
      default: true,
      'configuration-file': true,
      'command-line': true,
      'environment-variable': true,
      database: true,
      'all-roles': true,
      role: true,
      'role-in-database': true,
      session: true,
      'startup-options': true,
      'session-reset-value': true,
      unknown: true,
      'not-readable': true,
      'level-when-unset': true,
      'function-environment': true,
    };
    const holders: Readonly<Record<LevelHolder, true>> = {
      'reporting-role': true,
      'job-owner': true,
      'bootstrap-superuser': true,
      'database-owner': true,
    };
    const named = namesInTables(section(CONSENT, 'Visible places'));
    expect(named).toEqual([...Object.keys(places), ...Object.keys(holders)]);
  });

  test('has every rule in its diagram', () => {
    const [diagram = ''] = CONSENT.text.match(/```mermaid[\s\S]*?```/) ?? [];
    const named = namesInTables(section(CONSENT, 'The rules'));
    expect(named.filter((rule) => !diagram.includes(rule))).toEqual([]);
  });
});

test('docs/version-check.md has every verdict, and no other', () => {
  const verdicts: Readonly<Record<VerdictCode, true>> = {
    'jobs-broken': true,
    'up-to-date': true,
    'alter-extension': true,
    'template1-outdated': true,
    'upgrade-package': true,
    'upgrade-postgresql-first': true,
    ahead: true,
    unknown: true,
    'upgrade-before-postgresql-minor': true,
    'security-fixes-available': true,
  };
  const named = namesInTables(section(VERSION_CHECK, 'Verdicts'));
  expect(named.toSorted()).toEqual(Object.keys(verdicts).toSorted());
});

describe('docs/operating.md', () => {
  test('has every stage of a check, in its order', () => {
    const named = namesInTables(section(OPERATING, 'Check a database'));
    expect(named).toEqual([...READING_STAGES, ...ENDPOINT_STAGES]);
  });

  test('has every saved query', () => {
    const missing = SAVED_QUERIES.filter(({ name }) => !OPERATING.text.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  test('has the alarm of a database', () => {
    const place = { environment: 'prod', account: '111111111111', region: 'eu-central-1' };
    const name = missingRunsAlarmName(place, 'metrics').replace('timescaledb-telemetry-prod', '…');
    const named = namesInTables(section(OPERATING, 'Alarms'));
    expect(named).toContain(name.replace('/metrics', '/<database>'));
  });
});

test.each(QUOTAS.filter(({ name }) => !name.startsWith('bytes ')))(
  'docs/cost-and-quotas.md has the quota of $name',
  ({ name, limit }) => {
    const [thing = ''] = /roles|schedules|alarms|stacks/.exec(name) ?? [];
    const row = new RegExp(`^\\| ${limit.toLocaleString('en-US')} (\\w+ )*${thing} per `, 'm');
    expect(COST.text).toMatch(row);
  },
);
