/** Shorter ones are in other words, too, and are not watched for. */
const SHORTEST = 8;

/** A long text can be cut into lines by whoever writes it: of a PEM each full line is a secret. */
function partsOf(text: string): readonly string[] {
  return [text, ...text.split('\n').filter((line) => !line.startsWith('-----'))].filter(
    (part) => part.length >= SHORTEST,
  );
}

/** As it is, in JSON, in a URL, and in base64. */
function formsOf(part: string): readonly string[] {
  return [
    part,
    JSON.stringify(part).slice(1, -1),
    encodeURIComponent(part),
    Buffer.from(part).toString('base64').replaceAll('=', ''),
  ];
}

const known = new Set<string>();

/** Remembers a text that must not come out of anything that a test starts (see watch-output.ts), and returns it. */
export function secret(text: string): string {
  known.add(text);
  return text;
}

export function knownSecrets(): readonly string[] {
  return [...known];
}

/** The lines of an output that tell a secret, whole or in part. */
export function leaksIn(output: string, secrets: Iterable<string> = known): readonly string[] {
  const forms = new Set([...secrets].flatMap(partsOf).flatMap(formsOf));
  const told = [...forms].filter((form) => output.includes(form));
  if (told.length === 0) return [];
  return output.split('\n').filter((line) => told.some((form) => line.includes(form)));
}
