/** Returns a percentile by the nearest-rank method; NaN for an empty list. */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Returns the median; for an even count the upper of the two middle values; NaN for an empty list. */
export function median(numbers: readonly number[]): number {
  return (
    numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN
  );
}

/** Formats the minimum and the maximum. */
export function range(numbers: readonly number[], digits = 0): string {
  return `${Math.min(...numbers).toFixed(digits)}–${Math.max(...numbers).toFixed(digits)}`;
}

/** Prints one row of a table, for tables whose rows are printed as soon as they are measured. */
export function printRow(cells: readonly string[], widths: readonly number[]): void {
  process.stdout.write(`${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(' ')}\n`);
}

/**
 * Takes one sample of each candidate per round. The order rotates, so that no candidate is always the first of its round.
 * The samples of an additional first round, which warms up, are discarded.
 */
export async function sampleInRotation<T>(
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

/** Prints a table whose columns are as wide as their longest cell. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of rows) printRow(row, widths);
}
