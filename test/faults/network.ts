import type { FaultGroup } from './fault.ts';

export const NETWORK_FAULTS = {
  title: 'The network to the database',
  faults: {},
} satisfies FaultGroup;
