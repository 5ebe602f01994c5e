import type { FaultGroup } from './fault.ts';

export const TLS_FAULTS = {
  title: 'TLS to the database',
  faults: {},
} satisfies FaultGroup;
