const networked = /^(nfs4?|cifs|smb3|ceph|glusterfs|lustre|afs|9p|virtiofs|fuse\..+)$/

/** The network file system a real path lies on, by /proc/self/mountinfo; undefined: it lies on a disk of this machine. */
export function networkMountOf(path: string, mountinfo: string): string | undefined {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ')
    const at = before?.split(' ')[4]
    const type = after?.split(' ')[0]
    return at && type ? [{ at: unescaped(at), type }] : []
  })
  // Of two at one place the later one is on top.
  const holds = ({ at }: { readonly at: string }): boolean =>
    at === '/' || path === at || path.startsWith(`${at}/`)
  const over = mounts
    .filter(holds)
    .reduce<(typeof mounts)[number] | undefined>(
      (best, mount) => (best && best.at.length > mount.at.length ? best : mount),
      undefined,
    )
  return over && networked.test(over.type) ? over.type : undefined
}

/** The kernel writes space, tab, line feed and backslash in octal. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
