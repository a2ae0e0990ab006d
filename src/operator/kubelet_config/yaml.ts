/**
 * A YAML document's value, to be decoded by the caller. Bun reads YAML 1.2 and the kubelet 1.1: `scalar.ts` mends what differs.
 * The last of equal keys wins, and several documents become an array: `scan.ts` finds both.
 *
 * @throws the runtime's error, whose text quotes the document.
 */
export function parseYaml(text: string): unknown {
  return Bun.YAML.parse(text)
}

/** A value as YAML of block style. It has quotes around what YAML 1.1 takes for a boolean, too. */
export function writeYaml(value: unknown): string {
  return `${Bun.YAML.stringify(value, undefined, 2)}\n`
}
