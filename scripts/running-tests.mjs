// A reporter that keeps the tests that are running in a file, for when a run has to be ended from outside.
import { writeFileSync } from 'node:fs'

export default class RunningTests {
  #path = process.env.HOLDFAST_RUNNING_TESTS
  #tests = new Map()
  #counts = { passed: 0, failed: 0, skipped: 0 }

  onTestModuleStart(module) {
    this.#tests.set(module.id, `      ${module.relativeModuleId} (or its hooks)`)
    this.#write()
  }

  onTestModuleEnd(module) {
    this.#tests.delete(module.id)
    this.#write()
  }

  onTestCaseReady(test) {
    this.#tests.set(test.id, `      ${test.module.relativeModuleId} > ${test.fullName}`)
    this.#write()
  }

  onTestCaseResult(test) {
    this.#tests.delete(test.id)
    const { state } = test.result()
    if (state in this.#counts) this.#counts[state] += 1
    this.#write()
  }

  #write() {
    if (!this.#path) return
    const { passed, failed, skipped } = this.#counts
    const lines = [...this.#tests.values()]
    lines.push(`      (${passed} passed, ${failed} failed, ${skipped} skipped until then)`)
    writeFileSync(this.#path, `${lines.join('\n')}\n`)
  }
}
