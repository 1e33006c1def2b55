import {
  type ProcessSpec,
  type SupervisedProcess,
  superviseProcess,
  type Watch,
} from './supervised-process.ts'
import type { Warden } from './warden.ts'

export interface Unit {
  readonly spec: ProcessSpec
  /** Names of units that have to be ready before it is started. */
  readonly needs: readonly string[]
}

export interface Supervisor {
  readonly processes: readonly SupervisedProcess[]
  /** Starts those named, each as soon as what it needs is ready. Rejects with the first that cannot start. */
  start(names: readonly string[]): Promise<void>
  process(name: string): SupervisedProcess | undefined
  /** Ends everything, phase after phase. `onPhase` gets the names of those that are running. */
  drain(onPhase: (names: readonly string[]) => void): Promise<void>
  /** Kills everything now. */
  kill(): void
}

/** `phases` says who drains together, first phase first; every unit is in one. */
export function createSupervisor(
  units: readonly Unit[],
  phases: readonly (readonly string[])[],
  warden: Warden,
  watch: Watch,
): Supervisor {
  const changed = () => {
    warden.update(
      inPhases.map((phase) =>
        phase.flatMap(({ mark, endSignal }) =>
          mark ? [{ pid: mark.pid, signal: endSignal }] : [],
        ),
      ),
    )
    watch.changed()
  }
  const byName = new Map(
    units.map(({ spec }) => [spec.name, superviseProcess(spec, { ...watch, changed })]),
  )
  const find = (name: string): SupervisedProcess => {
    const found = byName.get(name)
    if (!found) throw new Error(`no unit is called ${name}`)
    return found
  }
  const inPhases = phases.map((phase) => phase.filter((name) => byName.has(name)).map(find))

  const started = new Map<string, Promise<void>>()

  return {
    processes: units.map(({ spec }) => find(spec.name)),
    process: (name) => byName.get(name),
    async start(names) {
      const startUnit = (name: string): Promise<void> => {
        const already = started.get(name)
        if (already) return already
        const unit = units.find(({ spec }) => spec.name === name)
        const promise = Promise.all((unit?.needs ?? []).map(startUnit)).then(() =>
          find(name).start(),
        )
        started.set(name, promise)
        return promise
      }
      await Promise.all(names.map(startUnit))
    },
    async drain(onPhase) {
      for (const phase of inPhases) {
        const running = phase.filter(({ mark, state }) => mark || state !== 'stopped')
        if (running.length > 0) onPhase(running.map(({ name }) => name))
        await Promise.all(phase.map((one) => one.stop()))
      }
    },
    kill() {
      for (const one of byName.values()) one.kill()
    },
  }
}
