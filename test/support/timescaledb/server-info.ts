import { capabilitiesOf } from '../../../lib/timescaledb/releases.ts';
import type { MemberFunction, ServerInfo } from '../../../lib/timescaledb/server-info.ts';

function member(schema: string, name: string): MemberFunction {
  return { schema, name, call: `${schema}.${name}`, arguments: 0, callable: true };
}

/** Returns the properties of a server with all functions of its release, for a role with LOGIN only, with changes. */
export function createServerInfo(release: string, changes: Partial<ServerInfo> = {}): ServerInfo {
  return {
    serverVersionNum: 170_005,
    standby: false,
    extensionVersion: release,
    release,
    capabilities: capabilitiesOf(release),
    memberFunctions: [
      member('public', 'get_telemetry_report'),
      member('_timescaledb_functions', 'get_os_info'),
      member('_timescaledb_internal', 'get_os_info'),
      member('_timescaledb_internal', 'license_edition'),
      member('_timescaledb_internal', 'enterprise_enabled'),
      member('_timescaledb_internal', 'current_license_key'),
    ],
    memberOfDatabaseOwner: false,
    mayReadFileSettings: false,
    mayReadAllSettings: false,
    mayReadJobErrors: false,
    mayReadJobStatistics: true,
    ...changes,
  };
}
