import { parseSettings, type Settings } from '../../../lib/config/send-report-config.ts';
import { RunError } from '../../../lib/errors.ts';

export const SMALLEST = { name: 'orders', environment: 'prod', secretId: 'orders/telemetry' };

export const TARGET = JSON.stringify(SMALLEST);

export function errorOf(action: () => unknown): RunError {
  try {
    action();
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

export function settingsError(settings: Settings): RunError {
  return errorOf(() => parseSettings(settings));
}
