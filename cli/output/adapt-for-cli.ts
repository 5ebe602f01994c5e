import type { Configured } from '../../lib/configure/change-outcome.ts';
import type { Credentials } from '../../lib/credentials/parse-secret.ts';
import type { CheckResult } from '../../lib/diagnostics/check-result.ts';
import type { Stage } from '../../lib/diagnostics/checklist.ts';
import { type ErrorCode, RunError } from '../../lib/errors.ts';
import type { Preview } from '../../lib/run/get-report.ts';
import type { Outcome, VersionSummary } from '../../lib/run/outcome.ts';

/** The parts of a command line that its messages depend on. */
export interface CliContext {
  /** The option that stands for the target's levelWhenUnset. */
  readonly levelOption: '--level' | '--level-when-unset';
  /** Origin of the level if the option was not given: "the demo's default". Without it, the option is the origin. */
  readonly levelOrigin?: string | undefined;
  /** Absent when the command finds no credentials of its own. */
  readonly credentials?: Pick<Credentials, 'password'>;
}

const REPEAT = 'Run the command again later.';

/** Remedies in terms of options and PG* variables. A code without an entry keeps the remedy of the library. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  INTERNAL: 'Report this defect of timescaledb-telemetry with the lines above.',
  DATABASE_UNREACHABLE:
    'Check host and port, and that the server is up and can be reached from this machine.',
  DATABASE_BUSY:
    'Run the command again later. If the error stays, raise the limit that is reached: connections (also a CONNECTION LIMIT of the role or the database), memory or disk.',
  DATABASE_ERROR:
    "Look up the SQLSTATE in PostgreSQL's documentation, appendix A. The server's log has the full text.",
  EXTENSION_MISSING:
    'Name the database in which CREATE EXTENSION timescaledb was executed, in the URL or in PGDATABASE.',
  VERSION_UNSUPPORTED: 'Upgrade the extension. Nothing was sent.',
  DATABASE_NOT_POSTGRESQL: 'Check host and port.',
  DATABASE_TLS_UNSUPPORTED:
    'Turn on ssl on the server, with TLS 1.2 or later. Only on a private network, use plain text instead: PGSSLMODE=disable, or sslmode=disable in the URL.',
  DATABASE_TLS_UNVERIFIED:
    'Name an authority that this machine does not know with --tls-ca-file or PGSSLROOTCERT. Use --tls-server-name when the certificate has another name than the host (an address, a tunnel, a load balancer). Replace a certificate that has expired, is weak or is not for servers.',
  DATABASE_TLS_REFUSED:
    "Configure the server so that it accepts this client: without a client certificate (clientcert, or the method cert, in the role's line of pg_hba.conf), and with current ciphers and curves. Use --tls-server-name when the certificate has another name than the host.",
  DATABASE_AUTHENTICATION:
    'Compare user and password (URL, PGPASSWORD, PGPASSFILE or ~/.pgpass) with the role on the server, and its pg_hba.conf, which may require TLS (hostssl).',
  DATABASE_MISSING:
    'Correct the database in the URL or in PGDATABASE. Without either, it has the name of the user.',
  ENDPOINT_UNREACHABLE:
    'Check the host in --endpoint, name resolution, and the proxy (HTTPS_PROXY with NODE_USE_ENV_PROXY=1).',
  ENDPOINT_TIMEOUT: `Check the proxy (HTTPS_PROXY with NODE_USE_ENV_PROXY=1). ${REPEAT}`,
  ENDPOINT_REDIRECTED: 'Give the address to which the endpoint redirects with --endpoint.',
  ENDPOINT_REJECTED: 'Check --endpoint, and whether a proxy refuses the request.',
  ENDPOINT_UNAVAILABLE: `The endpoint is overloaded or broken. ${REPEAT}`,
};

const WITHOUT_PASSWORD =
  'No password was found, and the server may require one. Give it in PGPASSWORD, in a password file (PGPASSFILE or ~/.pgpass, mode 0600, with a line for this host, port, database and user), or in the URL. The command never asks for it.';

/** Settings of a deployment in the library's texts, and their counterparts on the command line. */
const VOCABULARY: readonly (readonly [setting: RegExp, option: string])[] = [
  [/;? ?the log level DEBUG \(logLevel of the environment\)[^.;]*/g, ''],
  [/ in this target's environment\b| in (this|the) target\b/g, ''],
  [/,? or remove the target\b/g, ''],
  [/\breportSource\b/g, '--report-source'],
  [/\bsizes to 'estimated'/g, '--sizes to estimated'],
  [/\btls\.serverName\b/g, '--tls-server-name'],
  [/\btls\.caFile\b/g, '--tls-ca-file'],
  [/\btls\.mode\b/g, 'sslmode'],
  [/\bthe endpoint in DELIVERY\b|\bDELIVERY\b/g, '--endpoint'],
  [/\bRun the same event with dryRun\b/g, 'Run the same command without --apply'],
  [/\bPoint the target of configure at\b/g, 'Connect to'],
  [/\bthe (job|scope) "(\w+)"/gi, '--$1 $2'],
  [/\bscheduleInterval\b/g, '--schedule-interval'],
  [/\b([Tt])he event\b/g, '$1he command'],
  [/ If the secret has another version, that was tried too\./g, ''],
  [/\bthe secret\b/g, 'the password'],
  [/,? and the run will be retried automatically\./g, `. ${REPEAT}`],
  [/\bThe run will be retried automatically\./g, REPEAT],
  [/\bthe run will be retried automatically\./g, 'run the command again later.'],
];

const PLAIN_TEXT = 'plain text (Unix socket, loopback or sslmode=disable)';
const READY = 'Every stage up to the report works. This command does not check the endpoint.';

/** The note that a deployment's schedule fires too rarely; the command has no schedule. */
const ABOUT_SCHEDULE = /\btickHours\b|\bthe schedule fires\b/;

/** Leaves out the target's name, which a command line does not have. */
function adaptVersion(version: VersionSummary): VersionSummary {
  const sentence = version.sentence.replace(/^[^:]*: /, '');
  return { ...version, sentence: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}` };
}

/** A decision, or the answer of a rule. */
interface Decision {
  readonly sentence: string;
  readonly remedy?: string | undefined;
}

/** Returns functions that express the library's results in terms of the command line. */
export function createCliAdapter({ levelOption, levelOrigin, credentials }: CliContext) {
  const vocabulary = [
    ...VOCABULARY,
    [/\bset by the target's levelWhenUnset\b/g, levelOrigin ?? `set by ${levelOption}`],
    [/\b(the target's )?levelWhenUnset( of this target)?\b/g, levelOption],
  ] as const;
  const adaptText = (text: string): string =>
    vocabulary.reduce((adapted, [setting, option]) => adapted.replace(setting, option), text);
  const adaptNotes = (notes: readonly string[]): string[] =>
    notes.filter((note) => !ABOUT_SCHEDULE.test(note)).map(adaptText);
  const adaptRemedy = (remedy: string, code?: string): string => {
    if (code === 'DATABASE_AUTHENTICATION' && credentials?.password === '') return WITHOUT_PASSWORD;
    const own: Readonly<Record<string, string>> = REMEDIES;
    return own[code ?? ''] ?? adaptText(remedy);
  };
  const withRemedy = (remedy: string | undefined, code?: string) =>
    remedy === undefined ? {} : { remedy: adaptRemedy(remedy, code) };
  const adaptDecision = <T extends Decision>(decision: T): T => ({
    ...decision,
    sentence: adaptText(decision.sentence),
    ...withRemedy(decision.remedy),
  });
  const adaptStage = (stage: Stage): Stage => {
    const isPlainText = stage.stage === 'tls' && stage.status === 'skipped';
    const detail = isPlainText ? PLAIN_TEXT : stage.detail;
    return {
      ...stage,
      ...(detail !== undefined && { detail: adaptText(detail) }),
      ...withRemedy(stage.remedy, stage.code),
    };
  };

  return {
    error({ code, message, remedy, origin, original }: RunError): RunError {
      const details = { remedy: adaptRemedy(remedy, code), origin, original };
      return new RunError(code, adaptText(message), details);
    },

    /** Leaves out the stage of the secret, which the command does not read. */
    check(result: CheckResult): CheckResult {
      const { ok, consent, sentence, stages, version } = result;
      return {
        ...result,
        consent: consent && adaptDecision(consent),
        stages: stages.filter(({ stage }) => stage !== 'secret').map(adaptStage),
        sentence: ok && consent?.granted ? READY : adaptText(sentence),
        ...(version && { version: adaptVersion(version) }),
      };
    },

    outcome(outcome: Outcome): Outcome {
      const { consent, warnings, notes, error, remedy, message } = outcome;
      return {
        ...outcome,
        message: adaptText(message),
        ...(consent && { consent: adaptDecision(consent) }),
        ...(warnings && { warnings: warnings.map(adaptText) }),
        ...(notes && { notes: adaptNotes(notes) }),
        ...withRemedy(remedy, error?.code),
      };
    },

    preview(preview: Preview): Preview {
      const { consent, notes } = preview;
      return {
        ...preview,
        consent: {
          ...adaptDecision(consent),
          warnings: consent.warnings.map(adaptText),
          rules: consent.rules.map(adaptDecision),
        },
        notes: adaptNotes(notes),
        version: adaptVersion(preview.version),
      };
    },

    change(configured: Configured): Configured {
      const { before, after } = configured.consent;
      return {
        ...configured,
        notes: configured.notes.map(adaptText),
        consent: { before: adaptDecision(before), after: after && adaptDecision(after) },
      };
    },
  };
}

export type CliAdapter = ReturnType<typeof createCliAdapter>;
