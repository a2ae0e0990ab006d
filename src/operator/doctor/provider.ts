import { codeOf } from '../../base/failure.ts'
import { reasonOf } from '../../base/files.ts'
import type { Machine } from '../../base/machine.ts'
import { findOpen } from '../kubelet_config/binary.ts'
import type { Provider } from '../kubelet_config/finding.ts'
import { matchesImage } from '../kubelet_config/image_match.ts'
import { baseOf } from '../process.ts'

/** The provider that is judged, and its place among all of them. */
export interface Chosen {
  readonly provider: Provider
  /** The pattern that the image matches, `undefined` where no image is given. */
  readonly pattern: string | undefined
  /** `1 of 2`. */
  readonly place: string
  /** How many others match the image too. */
  readonly others: number
}

/** The first provider that the kubelet would ask for an image; without an image, the one that seems to be this program. */
export function chooseProvider(
  providers: readonly Provider[],
  image: string | undefined,
  executable: string,
): Chosen | undefined {
  const found = providers.flatMap((provider, index) => {
    const pattern = provider.matchImages.find(
      (each) => image !== undefined && matchesImage(each, image),
    )
    const isWanted = image === undefined || pattern !== undefined
    const place = `${index + 1} of ${providers.length}`
    return isWanted ? [{ provider, pattern, place }] : []
  })
  const own = [baseOf(executable), 'ecr-credential-provider']
  const chosen =
    image === undefined ? found.find(({ provider }) => own.includes(provider.name)) : undefined
  const first = chosen ?? found[0]
  return first === undefined ? undefined : { ...first, others: found.length - 1 }
}

/** A file against this one; `open` is who else than root may change it, and what to do. */
type Compared =
  | { readonly isThis: boolean; readonly open: ReturnType<typeof findOpen> }
  | { readonly reason: string }

/** The file that the kubelet runs for a provider, against this one. */
export async function compareBinary(path: string, machine: Machine): Promise<Compared> {
  try {
    const state = machine.stat(path)
    if (!state.isFile) return { reason: 'it is no file' }
    if ((state.mode & 0o111) === 0) return { reason: 'nobody may execute it' }
    return { isThis: await isThisProgram(path, machine), open: findOpen(path, machine) }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return { reason: reasonOf(error) }
  }
}

/** Whether a file is this very program, or a copy of it. @throws the operating system's error. */
export async function isThisProgram(path: string, machine: Machine): Promise<boolean> {
  const { executable } = machine
  const { id, isFile } = machine.stat(path)
  if (id === machine.stat(executable).id) return true
  return isFile && (await machine.hashFile(path)) === (await machine.hashFile(executable))
}
