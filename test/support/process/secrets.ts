/** Minimum length of a secret to search for; shorter texts occur in other words, too. */
const SHORTEST = 8;

/** Returns a secret and its lines, because a PEM may be written line by line. */
function partsOf(text: string): readonly string[] {
  return [text, ...text.split('\n').filter((line) => !line.startsWith('-----'))].filter(
    (part) => part.length >= SHORTEST,
  );
}

/** Returns a text as it is, in JSON, in a URL, and in base64. */
function formsOf(part: string): readonly string[] {
  return [
    part,
    JSON.stringify(part).slice(1, -1),
    encodeURIComponent(part),
    Buffer.from(part).toString('base64').replaceAll('=', ''),
  ];
}

const known = new Set<string>();

/** Registers a text that no output of a test may contain (see watch-output.ts), and returns it. */
export function secret(text: string): string {
  known.add(text);
  return text;
}

export function knownSecrets(): readonly string[] {
  return [...known];
}

/** Returns the lines of an output that contain a secret or a part of one. */
export function leaksIn(output: string, secrets: Iterable<string> = known): readonly string[] {
  const forms = new Set([...secrets].flatMap(partsOf).flatMap(formsOf));
  const leaked = [...forms].filter((form) => output.includes(form));
  if (leaked.length === 0) return [];
  return output.split('\n').filter((line) => leaked.some((form) => line.includes(form)));
}
