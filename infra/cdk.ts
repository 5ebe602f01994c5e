// biome-ignore-all lint/performance/noBarrelFile: this is the entry point ./cdk of the package

export type { DestinationSettings, TlsSettings } from './config/environment.ts';
export { EnvironmentError } from './config/environment-error.ts';
export type { DatabaseResources } from './constructs/database-resources.ts';
export type {
  CodeArchives,
  RecordProps,
  SecretProps,
  SingleDatabaseTelemetryProps,
} from './constructs/single-database/props.ts';
export { SingleDatabaseTelemetry } from './constructs/single-database-telemetry.ts';
export {
  TelemetryEnvironment,
  type TelemetryEnvironmentProps,
} from './constructs/telemetry-environment.ts';
export type { TickTime } from './cron.ts';
