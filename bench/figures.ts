/** What every benchmark does with its figures. */

/** The figure that so many of a hundred do not exceed, by the nearest rank; NaN of none. */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** The upper one of the two in the middle. */
export function median(numbers: readonly number[]): number {
  return (
    numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN
  );
}

/** The smallest and the largest. */
export function range(numbers: readonly number[], digits = 0): string {
  return `${Math.min(...numbers).toFixed(digits)}–${Math.max(...numbers).toFixed(digits)}`;
}

/** One row of a table; for those that are printed one by one, as they come. */
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

/** A whole table, as wide as it has to be. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of rows) printRow(row, widths);
}
