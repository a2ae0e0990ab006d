import { DESCRIPTION, MAINTAINER, type Package, PROGRAM, SUMMARY } from './package.ts'
import { formatHeader, type Value } from './rpm_header.ts'
import { concat, digest, encode, type Entry, gzip, isFolder } from './tar.ts'

const FOLDER = 0o40000
const FILE = 0o100000
/** The number of SHA-256 among rpm's digests. */
const SHA256 = 8
/** Flags of a dependency: less or equal, equal, more or equal; and one that rpm itself has to meet. */
const [LESS_EQUAL, EQUAL, RPMLIB] = [0x0a, 0x08, 0x1000000]

const text = (value: string): Value => ({ type: 'string', values: [value] })
const texts = (values: readonly string[]): Value => ({ type: 'strings', values })
const translated = (value: string): Value => ({ type: 'translated', values: [value] })
const numbers = (values: readonly number[]): Value => ({ type: 'int32', values })
const number = (value: number): Value => numbers([value])
const short = (values: readonly number[]): Value => ({ type: 'int16', values })

/**
 * A package for rpm (rpm's documentation, "RPM V4 Package format"). Written here rather than by rpmbuild, whose version and
 * macros would be part of it; a test has rpm install it. Not signed: that is for whoever runs a repository.
 */
export function makeRpm(pack: Package): Uint8Array {
  const archive = cpio(pack.files, pack.mtimeSeconds)
  const payload = gzip(archive)
  const header = formatHeader(63, describePackage(pack, payload))
  const body = concat([header, payload])
  const signature = formatHeader(
    62,
    new Map([
      [269, text(digest('sha1', header))],
      [273, text(digest('sha256', header))],
      [1000, number(body.length)],
      [1004, { type: 'bytes', bytes: Buffer.from(digest('md5', body), 'hex') }],
      [1007, number(archive.length)],
    ]),
  )
  return concat([formatLead(pack), signature, padding(signature, 8), body])
}

/** What old tools look at: magic, version 3.0, binary, architecture, name, Linux, a signature in a header. */
function formatLead({ version, target }: Package): Uint8Array {
  const lead = new Uint8Array(96)
  lead.set([0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, target.rpm === 'x86_64' ? 1 : 19])
  lead.set(encode(`${PROGRAM}-${version}-1`).subarray(0, 65), 10)
  lead.set([0, 1, 0, 5], 76)
  return lead
}

/** The tags of the package's header, by their numbers. */
function describePackage(pack: Package, payload: Uint8Array): ReadonlyMap<number, Value> {
  const { version, target, files } = pack
  const each = <Result>(read: (entry: Entry, index: number) => Result) => files.map(read)
  const folders = [...new Set(each(({ path }) => split(path).folder))]
  const requires: readonly (readonly [string, number, string])[] = [
    ['/bin/sh', 0, ''],
    ['libc.so.6(GLIBC_2.17)(64bit)', 0, ''],
    ['rpmlib(CompressedFileNames)', RPMLIB + LESS_EQUAL, '3.0.4-1'],
    ['rpmlib(FileDigests)', RPMLIB + LESS_EQUAL, '4.6.0-1'],
    ['rpmlib(PayloadFilesHavePrefix)', RPMLIB + LESS_EQUAL, '4.0-1'],
  ]
  return new Map<number, Value>([
    [100, texts(['C'])], // languages of what is translated
    [1000, text(PROGRAM)],
    [1001, text(version)],
    [1002, text('1')],
    [1004, translated(SUMMARY)],
    [1005, translated(DESCRIPTION.join('\n'))],
    [1006, number(pack.mtimeSeconds)],
    [1007, text('localhost')],
    [1009, number(files.reduce((sum, { data }) => sum + data.length, 0))],
    [1014, text('Apache-2.0')],
    [1015, text(MAINTAINER)],
    [1016, translated('System Environment/Base')],
    [1021, text('linux')],
    [1022, text(target.rpm)],
    [1024, text(pack.scripts.installed)],
    [1025, text(pack.scripts.removed)],
    [1028, numbers(each(({ data }) => data.length))],
    [1030, short(each((entry) => typeOf(entry) + entry.mode))],
    [1033, short(each(() => 0))], // device
    [1034, numbers(each(() => pack.mtimeSeconds))],
    [1035, texts(each((entry) => (isFolder(entry) ? '' : digest('sha256', entry.data))))],
    [1036, texts(each(() => ''))], // target of a link
    [1037, numbers(each(() => 0))], // neither configuration nor documents: all is always installed
    [1039, texts(each(() => 'root'))],
    [1040, texts(each(() => 'root'))],
    [1044, text(`${PROGRAM}-${version}-1.src.rpm`)],
    [1045, numbers(each(() => -1))], // verify all
    [1047, texts([PROGRAM])],
    [1048, numbers(requires.map(([, flags]) => flags))],
    [1049, texts(requires.map(([what]) => what))],
    [1050, texts(requires.map(([, , than]) => than))],
    [1086, text('/bin/sh')],
    [1087, text('/bin/sh')],
    [1095, numbers(each(() => 1))], // file system
    [1096, numbers(each((_, index) => index + 1))], // inode
    [1097, texts(each(() => ''))], // language
    [1112, number(EQUAL)],
    [1113, texts([`${version}-1`])],
    [1116, numbers(each(({ path }) => folders.indexOf(split(path).folder)))],
    [1117, texts(each(({ path }) => split(path).name))],
    [1118, texts(folders)],
    [1124, text('cpio')],
    [1125, text('gzip')],
    [1126, text('6')],
    [1132, text(`${target.rpm}-linux`)],
    [5011, number(SHA256)],
    [5062, text('utf-8')],
    [5092, texts([digest('sha256', payload)])],
    [5093, number(SHA256)],
  ])
}

const typeOf = (entry: Entry) => (isFolder(entry) ? FOLDER : FILE)

function split(path: string): { readonly folder: string; readonly name: string } {
  const whole = `/${path.replace(/\/$/, '')}`
  const slash = whole.lastIndexOf('/') + 1
  return { folder: whole.slice(0, slash), name: whole.slice(slash) }
}

/** The files in cpio's "new ASCII" format. */
function cpio(files: readonly Entry[], mtimeSeconds: number): Uint8Array<ArrayBuffer> {
  const members = files.flatMap((entry, index) => {
    const links = isFolder(entry) ? 2 : 1
    const fields = [index + 1, typeOf(entry) + entry.mode, 0, 0, links, mtimeSeconds]
    return formatMember(`./${entry.path.replace(/\/$/, '')}`, fields, entry.data)
  })
  return concat([...members, ...formatMember('TRAILER!!!', [0, 0, 0, 0, 1, 0], new Uint8Array())])
}

/** @param fields - inode, mode, user, group, links, time. */
function formatMember(
  name: string,
  fields: readonly number[],
  data: Uint8Array,
): readonly Uint8Array[] {
  const all = [...fields, data.length, 0, 0, 0, 0, name.length + 1, 0]
  const hex = all.map((value) => value.toString(16).padStart(8, '0')).join('')
  const head = encode(`070701${hex}${name}\0`)
  return [head, padding(head, 4), data, padding(data, 4)]
}

/** The zeros that bring bytes to a multiple of `size`. */
function padding(bytes: Uint8Array, size: 4 | 8): Uint8Array {
  return new Uint8Array(-bytes.length & (size - 1))
}
