import { BundleInvalid } from '../errors.ts'
import { compareMembers, type Member, manifestName, parseMember, sumsName } from '../member.ts'

export interface ExpectedMember {
  readonly member: Member
  /** Hex. */
  readonly sha256: string
}

const maxMembers = 250_000

/** The list at the beginning: what follows, in order, and with which sums. Throws BundleInvalid. */
export function readSums(bytes: Buffer): readonly ExpectedMember[] {
  const bad = (reason: string) => BundleInvalid({ member: sumsName, reason })
  const lines = bytes.toString('latin1').split('\n')
  if (lines.pop() !== '') throw bad('its last line has no end')
  if (lines.length > maxMembers) throw bad(`it names more than ${maxMembers} members`)
  const all = lines.map((line, at): ExpectedMember => {
    const [, sha256, name] = /^([0-9a-f]{64}) {2}([\x21-\x7e]{1,200})$/.exec(line) ?? []
    if (sha256 === undefined || name === undefined) throw bad(`line ${at + 1} is no sum and name`)
    const member = parseMember(name)
    if (!member) throw bad(`line ${at + 1} names something that is no part of a full backup`)
    return { member, sha256 }
  })
  all.forEach(({ member }, at) => {
    const before = all[at - 1]?.member
    if (!before) return
    const order = compareMembers(before, member)
    if (order === 0) throw bad(`it names ${member.name} twice`)
    if (order > 0) throw bad(`it names ${member.name} out of order`)
  })
  if (all[0]?.member.name !== manifestName) throw bad(`it does not name ${manifestName}`)
  return all
}
