import {
  type DeliveryOrCheck,
  parseSettings,
  type Settings,
} from '../config/send-report-config.ts';
import { DELIVERY_LIMIT_MS } from '../run/deadline.ts';
import { checkEndpoint, type ProxySettings } from './check-endpoint.ts';
import type { CheckEnding, EndpointCheck } from './check-result.ts';
import { ENDPOINT_STAGES } from './checklist.ts';
import { type CheckDependencies, runCheck } from './run-check.ts';

function endpointCheckOf(delivery: DeliveryOrCheck, proxies: ProxySettings): EndpointCheck {
  const common = { stages: ENDPOINT_STAGES, reserveMs: DELIVERY_LIMIT_MS };
  if ('latestVersion' in delivery) {
    return {
      ...common,
      sendsNothing: 'nothing is sent: DELIVERY contains latestVersion',
      run: async () => undefined,
    };
  }
  return {
    ...common,
    run: (checklist, { deadline }) =>
      deadline.run('endpoint', (signal) => checkEndpoint(checklist, delivery, proxies, signal)),
  };
}

/** Checks the stages of `send-report`: those of the reading and, with consent, the connection to the endpoint. */
export function runSenderCheck(
  input: unknown,
  settings: Settings & ProxySettings,
  dependencies: CheckDependencies,
): Promise<CheckEnding> {
  return runCheck(input, settings, dependencies, (own) => {
    const { target, delivery } = parseSettings(own);
    return { target, endpointCheck: endpointCheckOf(delivery, own) };
  });
}
