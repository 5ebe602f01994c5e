import { describe, expect, test } from 'vitest';
import { toReport } from '../../../cli/smoke/report.ts';
import type { StepResult } from '../../../cli/smoke/step.ts';
import { functionName } from '../../../lib/naming.ts';
import { resolve, tryOut } from '../../support/smoke/trial.ts';

describe('the report', () => {
  const details = `${functionName('smoke-test', 'billing', 'database-worker')} of 123456789012: arn:aws:lambda:eu-central-1:123456789012:function:x failed; trial/billing, billing, sensors; telemetry.example.com at 10.1.2.3 in sg-0a1b2c3d | done`;
  const results: readonly StepResult[] = [
    { name: 'deploy', status: 'passed', ms: 300_000, detail: 'all stacks' },
    { name: 'retry', status: 'failed', ms: 1_000, detail: details, remedy: 'Look.' },
  ];

  test('has a row for each step, without names and identifiers', async () => {
    const { context } = await tryOut({ isConfirmed: false });
    const text = toReport(results, context, false);
    expect(text).toContain('- 1 of 2 steps did not pass\n- Region eu-central-1, ');
    expect(text).toContain('| deploy | passed | 5 min | all stacks |\n');
    expect(text).toMatch(/^\| retry \| failed \| 1 s \| .* \\\| done Look\. \|$/m);
    expect(text).not.toMatch(/123456789012|billing|telemetry\.example|10\.1\.2\.3|sg-0a|trial\//);
    expect(text).toContain('‹database-worker of the database in a VPC› of ‹account›: ‹arn› failed');
    expect(text).not.toMatch(/\bsensors\b/);
  });

  test('has names and identifiers on request', async () => {
    const { context } = await tryOut({ isConfirmed: false });
    expect(toReport(results, context, true)).toContain('of 123456789012: arn:aws:lambda');
  });

  test('of a whole trial has neither the account nor a name', async () => {
    const environment = resolve();
    const { results: all, context } = await tryOut({ environment });
    const text = toReport(all, context, false);
    expect(text).toContain('- All steps passed\n');
    expect(text).not.toMatch(/\d{12}|sensors|billing/);
  });
});
