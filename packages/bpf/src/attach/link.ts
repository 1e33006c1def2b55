import { pinDescriptor, pinnedDescriptor } from '../pin.ts'
import type { BpfProgram } from '../program.ts'
import { Attributes, answered, bpf, closeDescriptor, infoOf } from '../syscall.ts'
import { command, linkTypes } from '../uapi.ts'

export interface LinkInfo {
  readonly id: number
  readonly kind: 'xdp' | 'tcx' | 'other'
  readonly programId: number
  /** 0 when it holds on to nothing any more: the device is gone, or somebody detached it. */
  readonly ifindex: number
}

/** A program's hold on a device. Lives as long as somebody has it open or it is pinned; then it lets go. */
export class BpfLink {
  readonly fd: number

  /** Takes the descriptor over. */
  constructor(fd: number) {
    this.fd = fd
  }

  static byId(id: number): BpfLink {
    const attributes = new Attributes(12).u32(0, id)
    return new BpfLink(answered(`open link ${id}`, bpf(command.linkGetFdById, attributes)))
  }

  static pinned(path: string): BpfLink {
    return new BpfLink(pinnedDescriptor(path))
  }

  /** As it is now. */
  info(): LinkInfo {
    const info = infoOf(this.fd, 'a link', Buffer.alloc(64))
    const type = info.readUInt32LE(0)
    const kind = type === linkTypes.xdp ? 'xdp' : type === linkTypes.tcx ? 'tcx' : 'other'
    return {
      id: info.readUInt32LE(4),
      kind,
      programId: info.readUInt32LE(8),
      ifindex: kind === 'other' ? 0 : info.readUInt32LE(16),
    }
  }

  /** Puts another program in its place: each packet meets the one or the other, never none. */
  update(program: BpfProgram): void {
    const attributes = new Attributes(16).u32(0, this.fd).u32(4, program.fd)
    answered(`replace a program by ${program.info.name}`, bpf(command.linkUpdate, attributes))
  }

  /** Lets go now, whoever else has it open. */
  detach(): void {
    const attributes = new Attributes(4).u32(0, this.fd)
    answered('detach a link', bpf(command.linkDetach, attributes))
  }

  pin(path: string): void {
    pinDescriptor(this.fd, path)
  }

  close(): void {
    closeDescriptor(this.fd)
  }
}
