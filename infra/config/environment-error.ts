/** All problems of an environment, or of a single database, for the person who wrote it. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError' as const;
  /** The problems, each with its remedy, without a full stop. */
  readonly problems: readonly string[];

  constructor(
    environment: string,
    problems: readonly string[],
    subject = `The environment ${environment}`,
  ) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const list = problems.map((problem) => `  - ${problem}.`).join('\n');
    super(`${subject} has ${count}; nothing was synthesised:\n\n${list}\n`);
    this.problems = problems;
  }
}
