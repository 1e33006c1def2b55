import { expect, test } from 'vitest'
import { networkMountOf } from './mounts.ts'

const mountinfo = [
  '25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
  '30 25 0:30 / /mnt/share rw,relatime shared:2 - nfs4 nas:/export rw,vers=4.2',
  '31 30 0:31 / /mnt/share/inner rw - tmpfs tmpfs rw',
  '32 25 0:32 / /mnt/with\\040space rw - cifs //nas/b rw',
  '33 25 0:33 / /mnt/two rw - tmpfs tmpfs rw',
  '34 25 0:34 / /mnt/two rw - fuse.sshfs host: rw',
].join('\n')

test.for([
  ['/mnt/share', 'nfs4'],
  ['/mnt/share/holdfast/x', 'nfs4'],
  ['/mnt/share/inner', undefined],
  ['/mnt/share/inner/x', undefined],
  ['/mnt/shared', undefined],
  ['/mnt/with space/x', 'cifs'],
  ['/mnt/two', 'fuse.sshfs'],
  ['/var', undefined],
] as const)('%s lies on %s', ([path, type]) => {
  expect(networkMountOf(path, mountinfo)).toBe(type)
})
