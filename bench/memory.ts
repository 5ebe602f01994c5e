import { parseArgs } from 'node:util';
import { invoke } from '../emulator/lambda/invoke.ts';
import { targetText } from '../emulator/run-send-report.ts';
import { startSecretsManager } from '../emulator/secrets-manager.ts';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
} from '../emulator/telemetry-endpoint.ts';
import { EMBEDDED_DATABASE, REPORTER } from '../emulator/timescaledb.ts';
import { bundleOnce } from '../infra/bundle/bundle.ts';
import { prepareChunks, startBooter } from './support/chunks.ts';
import { median, range } from './support/figures.ts';

/** Measures the peak memory of a run of `send-report` as it ships, on a database with a number of chunks. */

const { values } = parseArgs({
  options: {
    chunks: { type: 'string', default: '5000' },
    samples: { type: 'string', default: '3' },
  },
});

await using built = await bundleOnce('send-report');
await using prepared = await prepareChunks(Number(values.chunks));
await using booter = startBooter();
await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'));

/** Runs once and returns the peak memory in MiB. */
async function sample(): Promise<number> {
  const secret = {
    host: '127.0.0.1',
    port: await booter.boot(prepared.folder),
    username: REPORTER,
    password: 'not-checked-by-the-embedded-server',
    dbname: EMBEDDED_DATABASE,
  };
  await using secrets = await startSecretsManager(() => ({
    VersionId: 'first',
    SecretString: JSON.stringify(secret),
  }));
  const { log, maxMemoryBytes = Number.NaN } = await invoke(
    built.file,
    {},
    {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      TARGET: targetText({ name: 'bench', level: 'basic', tls: { mode: 'disable' } }),
      DELIVERY: JSON.stringify({ endpoint: endpoint.url + ENDPOINT_PATH }),
    },
  );
  if (!log.some((line) => line.includes('"outcome":"sent"'))) {
    throw new Error(`The run did not send its report:\n${log.join('\n')}`);
  }
  return maxMemoryBytes / 2 ** 20;
}

const peaks: number[] = [];
for (let i = 0; i < Number(values.samples); i += 1) peaks.push(await sample());
process.stdout.write(
  `${values.chunks} chunks: peak memory ${median(peaks).toFixed(0)} MiB (${range(peaks)})\n`,
);
