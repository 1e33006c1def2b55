import { openPinFolder, removePinFolder } from '@holdfast/bpf'
import { allDevices, detachDevice, pinnedDevices } from './devices.ts'

/** The folder of pins of this node. */
export const pinFolder = (options: { readonly nodeId: string; readonly mountPoint: string }) =>
  openPinFolder({ name: `holdfast-${options.nodeId}`, mountPoint: options.mountPoint })

/** Takes programs and maps of this node out of the kernel. Needs no libbpf; nothing happens where there is no BPF. */
export function removeBpf(options: { readonly nodeId: string; readonly mountPoint: string }): void {
  let folder: ReturnType<typeof pinFolder>
  try {
    folder = pinFolder(options)
  } catch {
    return // without BPF nothing of ours is there
  }
  const devices = new Set([...allDevices().keys(), ...pinnedDevices(folder.path)])
  for (const ifindex of devices) detachDevice(folder.path, ifindex)
  removePinFolder(folder)
}
