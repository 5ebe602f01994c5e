import type { FaultGroup } from './fault.ts';

export const ENDPOINT_FAULTS = {
  title: 'The endpoint',
  faults: {},
} satisfies FaultGroup;
