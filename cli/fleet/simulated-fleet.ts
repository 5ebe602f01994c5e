import { simulateFleet } from '../../emulator/fleet-demo.ts';
import { worstFirst } from '../../lib/fleet/conditions.ts';
import { fold } from '../../lib/fleet/fold.ts';
import { sentReports } from '../../lib/fleet-page/sent-reports.ts';
import { type Fleet, type FleetSource, toRow } from './row.ts';

/** The source that simulates a fleet. No database and no endpoint is contacted. */
export const SIMULATED_FLEET: FleetSource = {
  title: 'demo: 40 simulated databases over 90 days',
  isLive: false,
  async load(): Promise<Fleet> {
    const { runs, ...context } = simulateFleet();
    const state = fold(undefined, runs, context);
    return {
      state,
      rows: worstFirst(state).map(toRow),
      notes: [],
      content: { reportsOf: sentReports(runs) },
    };
  },
};
