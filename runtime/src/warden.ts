import { spawn } from 'node:child_process'

/**
 * What happens when the supervisor dies without a chance to drain (SIGKILL, out of memory): a shell of a megabyte
 * holds the other end of a pipe. The kernel closes the pipe with the supervisor, and the shell ends the children,
 * phase after phase, with time to drain. Nothing of the children has to know.
 */
export interface Warden {
  /** Children to end, those that end together in one phase, first phase first. Replaces what was said before. */
  update(phases: readonly (readonly { readonly pid: number; readonly signal: string }[])[]): void
  /** Ends the warden without ending anybody. */
  dismiss(): void
}

// A plan is one line: phases separated by blanks, `<signal>:<pid>` by commas. The last line read counts.
// Where nobody reaps orphans (a container without an init) an ended child stays as a zombie: that is gone enough.
const script = `
trap '' INT TERM HUP
alive() {
  kill -0 "$1" || return 1
  case $(cat "/proc/$1/stat") in *') Z '*) return 1 ;; esac
}
plan=
while IFS= read -r line; do plan=$line; done
for phase in $plan; do
  IFS=,; set -- $phase; unset IFS
  for one; do kill -"\${one%%:*}" "\${one#*:}"; done
  tries=0
  while [ $tries -lt 150 ]; do
    left=
    for one; do alive "\${one#*:}" && left=1; done
    [ -n "$left" ] || break
    tries=$((tries + 1)); sleep 0.1
  done
  for one; do kill -KILL "-\${one#*:}" || kill -KILL "\${one#*:}"; done
done`

export function startWarden(): Warden {
  const shell = spawn('/bin/sh', ['-c', script, 'holdfast-warden'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  })
  shell.on('error', () => undefined)
  shell.stdin.on('error', () => undefined)
  shell.unref()
  return {
    update(phases) {
      const line = phases
        .map((phase) => phase.map(({ pid, signal }) => `${signal.replace(/^SIG/, '')}:${pid}`))
        .filter((phase) => phase.length > 0)
        .map((phase) => phase.join(','))
        .join(' ')
      shell.stdin.write(`${line}\n`)
    },
    dismiss() {
      shell.stdin.end('\n')
    },
  }
}
