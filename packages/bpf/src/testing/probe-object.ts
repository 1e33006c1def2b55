import { readFileSync } from 'node:fs'
import { type Libbpf, openLibbpf } from '../libbpf.ts'
import { BpfObject } from '../object.ts'

const bytes = readFileSync(new URL('./probe.bpf.o', import.meta.url))

let libbpf: Libbpf | undefined

/** libbpf as tests are told of it (HOLDFAST_LIBBPF), or the system's. */
export function testLibbpf(): Libbpf {
  libbpf ??= openLibbpf({ path: process.env['HOLDFAST_LIBBPF'] })
  return libbpf
}

/** The object of probe.bpf.c, open, without the program that does not load. */
export function openProbe(): BpfObject {
  const object = new BpfObject(testLibbpf(), { name: 'probe', bytes })
  object.leaveOut('pt_wrong')
  return object
}

/** The same with it. */
export const openWrongProbe = (): BpfObject => new BpfObject(testLibbpf(), { name: 'probe', bytes })
