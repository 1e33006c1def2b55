/** Numbers of `<linux/bpf.h>` that this package uses, under the kernel's names without the prefix. */
export const command = {
  mapCreate: 0,
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  mapGetNextKey: 4,
  progLoad: 5,
  objPin: 6,
  objGet: 7,
  progTestRun: 10,
  progGetFdById: 13,
  mapGetFdById: 14,
  objGetInfoByFd: 15,
  progQuery: 16,
  mapFreeze: 22,
  mapLookupBatch: 24,
  mapLookupAndDeleteBatch: 25,
  mapUpdateBatch: 26,
  mapDeleteBatch: 27,
  linkCreate: 28,
  linkUpdate: 29,
  linkGetFdById: 30,
  linkDetach: 34,
} as const

export const mapTypes = {
  hash: 1,
  array: 2,
  percpuHash: 5,
  percpuArray: 6,
  lruHash: 9,
  lruPercpuHash: 10,
  arrayOfMaps: 12,
  hashOfMaps: 13,
} as const
export type MapType = keyof typeof mapTypes

export const programTypes = { schedCls: 3, xdp: 6 } as const

export const attachTypes = { xdp: 37, tcxIngress: 46, tcxEgress: 47 } as const

export const linkTypes = { xdp: 6, tcx: 11 } as const
