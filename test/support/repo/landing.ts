/**
 * Names that the pages describe and that land with other commits of the same change: scripts, options, files, tokens. The last
 * commit of the change deletes this list.
 */
export const LANDING: readonly string[] = [
  'serve',
  'test:unit',
  '--log',
  '--report',
  '--port',
  '--show-sql',
  '--environments',
  'examples/minimal.ts',
  'examples/air-gapped.ts',
  'examples/vpc-private-ca',
  'examples/many-databases',
  'abnormal exits',
  'missing-runs',
];

export function isLanding(name: string): boolean {
  return LANDING.some((one) => name.replace(/^\w+ (?=--)|\/$/g, '') === one);
}
