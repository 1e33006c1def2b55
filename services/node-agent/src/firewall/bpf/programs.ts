import { existsSync, readFileSync } from 'node:fs'
import { BpfLoadFailed, type BpfMap, BpfObject, type BpfProgram, type Libbpf } from '@holdfast/bpf'
import { type KernelMaps, mapsByName } from './kernel-maps.ts'

/** The programs of one device: the same code for every device, with its number and sort as constants. */
export interface Instance {
  readonly slot: number
  readonly l2Bytes: number
  readonly ingress: BpfProgram
  readonly egress: BpfProgram
  /** Undefined for a device on which packets have no frame, and where this kernel does not take it. */
  readonly xdp: BpfProgram | undefined
  /** Why there is none although packets have a frame; empty otherwise. */
  readonly whyNoXdp: string
}

export interface Programs {
  /** Loads what a device needs. Throws bpf.load_failed. */
  load(slot: number, l2Bytes: number, maps: KernelMaps): Instance
  close(): void
}

/** Kernels from 6.9 on take loops with may_goto, those from 5.17 on bpf_loop(). */
const builds = ['', '_loop'] as const
type Build = (typeof builds)[number]

const objectUrl = (name: string): URL =>
  new URL(`../../../../../bpf/objects/${name}.o`, import.meta.url)

/** Maps that are fast memory only: made with the first program, shared by all. */
const caches = ['hf_cache4', 'hf_cache6'] as const

export function openPrograms(libbpf: Libbpf): Programs {
  const files = new Map<string, Uint8Array>()
  const cacheMaps = new Map<string, BpfMap>()
  let build: Build | undefined

  function bytesOf(name: string): Uint8Array {
    const known = files.get(name)
    if (known) return known
    const bytes = readFileSync(objectUrl(name))
    files.set(name, bytes)
    return bytes
  }

  function loadObject(
    name: string,
    programs: readonly string[],
    slot: number,
    l2Bytes: number,
    maps: KernelMaps,
  ): readonly BpfProgram[] {
    const object = new BpfObject(libbpf, { name: name.slice(0, 15), bytes: bytesOf(name) })
    try {
      object.setInnerMap('hf_gen', maps.blobs[0])
      object.setInnerMap('hf_flowgen', maps.flows[0])
      for (const [map, ours] of Object.entries(mapsByName(maps))) object.reuseMap(map, ours)
      for (const [map, ours] of cacheMaps) object.reuseMap(map, ours)
      object.setConstants({
        hf_slot: slot,
        hf_l2len: l2Bytes,
        hf_blob_mask: maps.capacity.blobBytes - 1,
      })
      object.load()
      for (const cache of caches) {
        if (!cacheMaps.has(cache)) cacheMaps.set(cache, object.map(cache))
      }
      return programs.map((program) => object.program(program))
    } finally {
      object.close()
    }
  }

  function loadBuild(chosen: Build, slot: number, l2Bytes: number, maps: KernelMaps): Instance {
    const names = ['hf_ingress', 'hf_egress']
    const [ingress, egress] = loadObject(`hf_tc${chosen}`, names, slot, l2Bytes, maps)
    if (!ingress || !egress) throw new Error('the object has no programs')
    return { slot, l2Bytes, ingress, egress, ...loadXdp(chosen, slot, l2Bytes, maps) }
  }

  /** Without it incoming packets of an uplink meet TC, a little later. */
  function loadXdp(
    chosen: Build,
    slot: number,
    l2Bytes: number,
    maps: KernelMaps,
  ): Pick<Instance, 'xdp' | 'whyNoXdp'> {
    if (l2Bytes === 0) return { xdp: undefined, whyNoXdp: '' }
    try {
      const [xdp] = loadObject(`hf_xdp${chosen}`, ['hf_xdp'], slot, l2Bytes, maps)
      return { xdp, whyNoXdp: '' }
    } catch (error) {
      if (!BpfLoadFailed.is(error)) throw error
      return { xdp: undefined, whyNoXdp: error.message }
    }
  }

  return {
    load(slot, l2Bytes, maps) {
      if (build !== undefined) return loadBuild(build, slot, l2Bytes, maps)
      let failure: Error | undefined
      for (const candidate of builds) {
        if (!existsSync(objectUrl(`hf_tc${candidate}`))) continue
        try {
          const made = loadBuild(candidate, slot, l2Bytes, maps)
          build = candidate
          return made
        } catch (error) {
          if (!BpfLoadFailed.is(error)) throw error
          failure ??= error // the first build's reason is the better one
        }
      }
      throw failure ?? new Error(`there is no ${objectUrl('hf_tc').pathname}`)
    },
    close() {
      for (const map of cacheMaps.values()) map.close()
    },
  }
}

export function closeInstance({ ingress, egress, xdp }: Instance): void {
  for (const program of [ingress, egress, xdp]) program?.close()
}
