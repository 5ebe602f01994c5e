/** What the benchmarks do with their samples. */
export function median(numbers: readonly number[]): number {
  return (
    numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN
  );
}

/** The smallest and the largest. */
export function range(numbers: readonly number[], digits = 0): string {
  return `${Math.min(...numbers).toFixed(digits)}–${Math.max(...numbers).toFixed(digits)}`;
}

/** Prints one row of a table whose columns are so wide. */
export function printRow(cells: readonly string[], widths: readonly number[]): void {
  process.stdout.write(`${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(' ')}\n`);
}

/**
 * Takes a sample of each in turn, round after round. The order rotates, so that none is always the first of its round; a
 * first round only warms up, and does not count.
 */
export async function inTurns<T>(
  names: readonly string[],
  rounds: number,
  sample: (name: string) => Promise<T>,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const samples = new Map(names.map((name): [string, T[]] => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [i] of names.entries()) {
      const name = names[(i + round) % names.length] ?? '';
      const one = await sample(name);
      if (round > 0) samples.get(name)?.push(one);
    }
  }
  return samples;
}
