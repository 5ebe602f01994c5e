import { execFile } from 'node:child_process';
import * as z from 'zod';

/**
 * Asks npm's service for known vulnerabilities of what ships, and fails for one that is high or critical. Where the service
 * cannot be reached it says so, and does not fail: a mirror that serves packages need not serve advisories.
 */

const answerSchema = z.object({
  metadata: z.object({ vulnerabilities: z.object({ high: z.int(), critical: z.int() }) }),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string() })),
});

/** What npm wrote, whatever status it ended with: it ends with 1 for what it has found. */
function audit(): Promise<string> {
  return new Promise((resolve) => {
    execFile('npm', ['audit', '--omit=dev', '--omit=optional', '--json'], (_error, stdout) =>
      resolve(stdout),
    );
  });
}

function answerIn(text: string) {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const answer = answerIn(await audit());
if (answer === undefined) {
  process.stderr.write(
    'The service for known vulnerabilities cannot be reached: they were not looked for.\n',
  );
} else {
  const { high, critical } = answer.metadata.vulnerabilities;
  const found = Object.entries(answer.vulnerabilities).filter(
    ([, { severity }]) => severity === 'high' || severity === 'critical',
  );
  for (const [name, { severity }] of found) {
    process.stderr.write(`${name} has a known vulnerability: ${severity}\n`);
  }
  if (high + critical > 0) process.exitCode = 1;
}
