/** All problems of an environment, for the person who wrote it. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError' as const;
  readonly problems: readonly string[];

  constructor(environment: string, problems: readonly string[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const list = problems.map((problem) => `  - ${problem}.`).join('\n');
    super(`The environment ${environment} has ${count}; nothing was synthesised:\n\n${list}\n`);
    this.problems = problems;
  }
}
