import { expect } from 'bun:test'

import fc from 'fast-check'

import { Failure, printable } from '../../../src/base/failure.ts'

/** One property, as the tests run it shortly and `npm run fuzz` for as long as it is told. */
export interface Target {
  readonly name: string
  /** @throws an error with seed, path and counterexample - the property does not hold. */
  readonly run: (length: RunLength) => Promise<void>
}

/** How often, and from which seed: with the same one the inputs are the same. */
interface RunLength {
  readonly numRuns: number
  readonly seed: number
}

/** What a property is about. */
interface Property<Input> {
  readonly inputs: fc.Arbitrary<Input>
  /** Cases that were found once: each run begins with them. */
  readonly found?: readonly NoInfer<Input>[]
  /** Throws where the property does not hold. */
  readonly judge: (input: Input) => unknown
}

/** A property under a name, which begins with that of the function it is about. */
export function target<Input>(name: string, property: Property<Input>): Target {
  const { inputs, found = [], judge } = property
  const examples = found.map((input): [Input] => [input])
  return {
    name,
    run: async (length) =>
      fc.assert(
        fc.asyncProperty(inputs, async (input) => {
          await judge(input)
        }),
        { ...length, examples },
      ),
  }
}

/** Stands for every secret in what is made up. With a hyphen, so that it is neither an error code nor a word. */
export const SENTINEL = 'SENTINEL-1'

/** What `parse` gives, or `undefined` where it refuses: with a Failure of a line's length, in which nothing of the input stands. */
export function acceptedBy<Value>(parse: () => Value): Value | undefined {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    expect(printable(error.message)).toMatch(/^.{10,400}$/)
    expect(error.message).not.toContain(SENTINEL)
    return undefined
  }
}
