import { openBundleSource } from '../bundle-source.ts'
import { keyFrom } from '../key.ts'
import { restoreInstance } from '../restore.ts'

// Restores, says which step it has come to, and waits there to be killed.

const [bundle = '', keyText = '', data = '', until = ''] = process.argv.slice(2)
await restoreInstance({
  source: openBundleSource(bundle),
  key: await keyFrom({ file: keyText }),
  ...{ version: '0.1.0', target: { data }, force: true },
  onStage: async (stage) => {
    if (stage !== until) return
    process.send?.(stage)
    await new Promise((done) => setTimeout(done, 60_000))
  },
})
