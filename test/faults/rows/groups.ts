import { DATABASE_FAULTS } from './database.ts';
import { ENDPOINT_FAULTS } from './endpoint.ts';
import type { FaultGroup } from './fault.ts';
import { FLEET_FAULTS } from './fleet.ts';
import { NETWORK_FAULTS } from './network.ts';
import { RECORD_FAULTS } from './record.ts';
import { RUNTIME_FAULTS } from './runtime.ts';
import { SECRET_FAULTS } from './secret.ts';
import { SETTINGS_FAULTS } from './settings.ts';
import { TLS_FAULTS } from './tls.ts';
import { TRAP_FAULTS } from './traps.ts';
import { WIRE_FAULTS } from './wire.ts';
import { WORKER_FAULTS } from './worker.ts';

/** Every fault, in the order of a run. */
export const FAULT_GROUPS: readonly FaultGroup[] = [
  SECRET_FAULTS,
  WORKER_FAULTS,
  NETWORK_FAULTS,
  WIRE_FAULTS,
  TLS_FAULTS,
  DATABASE_FAULTS,
  TRAP_FAULTS,
  SETTINGS_FAULTS,
  ENDPOINT_FAULTS,
  RECORD_FAULTS,
  RUNTIME_FAULTS,
  FLEET_FAULTS,
];
