/** A usual report has less than 20 kB; the server's own text with counts of all functions stays below 300 kB. */
export const MAX_REPORT_BYTES = 1_048_576;
