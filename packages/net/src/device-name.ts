import type { Brand } from '@holdfast/domain'
import { accept, type Parsed, quoted, refuse } from './parsed.ts'

/** Name of a network device somebody else made, as `ip link` shows it. */
export type DeviceName = Brand<string, 'DeviceName'>

const pattern = /^[A-Za-z0-9_][A-Za-z0-9_.+~-]{0,14}$/

/** 1 to 15 characters; fewer kinds than the kernel would take, so that no tool has to quote them. */
export function parseDeviceName(text: string): Parsed<DeviceName> {
  if (pattern.test(text)) return accept(text as DeviceName) // as: checked
  return refuse(
    'device_name_invalid',
    `${quoted(text)} is not the name of a network device: 1 to 15 characters of letters, digits, _ . + ~ and -, for example eth0`,
  )
}
