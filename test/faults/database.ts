import type { FaultGroup } from './fault.ts';

export const DATABASE_FAULTS = {
  title: 'The database',
  faults: {},
} satisfies FaultGroup;
