/** The smallest handler that Lambda can import. */
export async function handler(): Promise<void> {}
