import type { FaultGroup } from './fault.ts';

export const RUNTIME_FAULTS = {
  title: 'The runtime',
  faults: {},
} satisfies FaultGroup;
