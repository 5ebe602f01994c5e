import {
  type DeliveryOrCheck,
  parseSettings,
  type Settings,
} from '../config/send-report-config.ts';
import { DELIVERY_LIMIT_MS } from '../run/deadline.ts';
import { type ProxySettings, walkToEndpoint } from './check-endpoint.ts';
import type { CheckOutcome, EndpointCheck } from './check-result.ts';
import { ENDPOINT_STAGES } from './checklist.ts';
import { type DoctorDependencies, examine as examineReading } from './run-check.ts';

function wayOutOf(delivery: DeliveryOrCheck, settings: ProxySettings): EndpointCheck {
  const common = { stages: ENDPOINT_STAGES, reserveMs: DELIVERY_LIMIT_MS };
  if ('latestVersion' in delivery) {
    return {
      ...common,
      sendsNothing: 'nothing is sent: DELIVERY names the newest version instead',
      walk: async () => undefined,
    };
  }
  return {
    ...common,
    walk: (walk, phases) =>
      phases.run('endpoint', (signal) => walkToEndpoint(walk, delivery, settings, signal)),
  };
}

/** The check of what sends: that of what reads, and where there is consent the way to the endpoint. */
export function examine(
  input: unknown,
  settings: Settings & ProxySettings,
  dependencies: DoctorDependencies,
): Promise<CheckOutcome> {
  return examineReading(input, settings, dependencies, (own) => {
    const { target, delivery } = parseSettings(own);
    return { target, endpointCheck: wayOutOf(delivery, own) };
  });
}
