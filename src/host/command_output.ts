/** The most of a command's output that is kept, in bytes: enough to see that it is too much. */
const MAX_OUTPUT_BYTES = 1024 * 1024

/** The most of a command's stderr that is kept, in bytes: more than is ever shown. */
const MAX_TAIL_BYTES = 4096

/** Reads a stream to its end, or to more than anybody wants; `bytes` gives what has come so far. */
export function collect(stream: ReadableStream<Uint8Array>) {
  const chunks: Uint8Array[] = []
  let size = 0
  async function read(): Promise<void> {
    for await (const chunk of stream) {
      chunks.push(chunk)
      size += chunk.length
      // Reading no further ends whoever goes on writing (SIGPIPE).
      if (size > MAX_OUTPUT_BYTES) break
    }
  }
  return { done: read(), bytes: () => new Uint8Array(Buffer.concat(chunks)) }
}

/** Reads a stream to its end, whatever its length, and keeps the last of it: what a program says last is why it failed. */
export function collectTail(stream: ReadableStream<Uint8Array>) {
  let tail = new Uint8Array()
  async function read(): Promise<void> {
    for await (const chunk of stream) {
      tail = new Uint8Array(Buffer.concat([tail, chunk]).subarray(-MAX_TAIL_BYTES))
    }
  }
  return { done: read(), bytes: () => tail }
}
