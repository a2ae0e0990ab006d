import { printable } from '../../base/failure.ts'
import { type Check, judge, type Status } from './report.ts'

/** Every line fits into this many columns, but for a word that is longer. */
const COLUMNS = 80

/** Columns before the text: layer and status. */
const INDENT = 16

/** Columns kept for the time at the end of a check's first line. */
const TIME = 8

/** What a status is called in the text. */
function wordOf(status: Status): string {
  if (status === 'unknown') return '?'
  return status === 'fail' ? 'FAIL' : status
}

/** Only the one word is coloured, so that nothing is said by colour alone. */
function paint(status: Status, isColoured: boolean): string {
  const code = { ok: '32', warn: '33', fail: '31', unknown: '31', skip: '2', info: '2' }[status]
  const word = wordOf(status)
  const blanks = ' '.repeat(6 - word.length)
  return isColoured ? `\u001b[${code}m${word}\u001b[0m${blanks}` : `${word}${blanks}`
}

/**
 * A check as lines of text.
 *
 * @param before - the id of the check before it: the name of a layer is written once.
 */
export function formatCheck(check: Check, before: string | undefined, isColoured: boolean): string {
  const { id, status, ms, summary, fix } = check
  const layer = layerOf(id) === layerOf(before ?? '') ? '' : layerOf(id)
  const time = ms === undefined ? '' : `${Math.round(ms)} ms`
  const [first = '', ...others] = wrap(printable(summary), ms === undefined ? 0 : TIME)
  const end = time === '' ? '' : time.padStart(COLUMNS - INDENT - first.length)
  const lines = [`${layer.padEnd(10)}${paint(status, isColoured)}${first}${end}`]
  const blank = ' '.repeat(INDENT)
  lines.push(...others.map((line) => blank + line))
  if (fix !== undefined) {
    const [start = '', ...rest] = wrap(printable(fix), 0)
    lines.push(`${' '.repeat(10)}fix   ${start}`, ...rest.map((line) => blank + line))
  }
  return `${lines.join('\n')}\n`
}

function layerOf(id: string): string {
  return id.split('.', 1)[0] ?? ''
}

/** Breaks a text at its blanks. @param kept - columns that the first line leaves free. */
function wrap(text: string, kept: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const width = COLUMNS - INDENT - (lines.length === 0 ? kept : 0)
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** The last line: how many checks ended how, and what that means. */
export function formatVerdict(image: string | undefined, checks: readonly Check[]): string {
  const count = (status: Status) => checks.filter((check) => check.status === status).length
  const [warned, failed, skipped] = [count('warn'), count('fail'), count('skip')]
  const counts = [
    `${count('ok')} ok`,
    ...(warned === 0 ? [] : [`${warned} ${warned === 1 ? 'warning' : 'warnings'}`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
  ]
  const isGood = judge(checks) === 'ok'
  const isOld = isGood && checks.some(({ cause }) => cause === 'config_changed')
  const [disk, restart] = isOld
    ? [
        'with the file on disk ',
        'Until it is restarted, the running kubelet still has the older one.\n',
      ]
    : ['', '']
  const others = isGood
    ? "Not looked at: the runtime's certificates, disk space, what is in the image.\n"
    : ''
  return `\n${counts.join(', ')}: ${disk}${meaningOf(image, checks)}.\n${restart}${others}`
}

function meaningOf(image: string | undefined, checks: readonly Check[]): string {
  const what = image === undefined ? 'get a password for ECR' : 'pull this image'
  const isPulled = checks.some(({ id, status }) => id === 'registry.layers' && status === 'ok')
  switch (judge(checks)) {
    case 'ok':
      return `this node can ${isPulled ? what : 'get a password for ECR'}`
    case 'fail':
      // The kubelet then asks for it without a password, which ECR Public allows.
      return /^(?:public\.ecr\.aws|ecr-public\.aws\.com)\//.test(image ?? '')
        ? 'no password; a public image may come without one'
        : `this node cannot ${what}`
    case 'unknown':
      return 'this cannot be judged from here'
  }
}
