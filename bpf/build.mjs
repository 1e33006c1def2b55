// Compiles the kernel programs: `node bpf/build.mjs` writes bpf/objects/*.o and packages/bpf/src/gen/holdfast-h.ts,
// `node bpf/build.mjs --check` compares them with what is there. The bytes depend on clang's version and the sources
// alone, not on paths or on the machine, so they are committed and a user needs no compiler.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/** Two builds of each program: kernels from 6.9 on take loops with may_goto, those from 5.17 on bpf_loop(). */
const objects = [
  { name: 'hf_tc', source: 'src/hf_tc.bpf.c', flags: [] },
  { name: 'hf_tc_loop', source: 'src/hf_tc.bpf.c', flags: ['-DHF_BPF_LOOP'] },
  { name: 'hf_xdp', source: 'src/hf_xdp.bpf.c', flags: [] },
  { name: 'hf_xdp_loop', source: 'src/hf_xdp.bpf.c', flags: ['-DHF_BPF_LOOP'] },
  { name: 'hf_bench', source: 'bench/hf_bench.bpf.c', flags: [] },
  { name: 'layout', source: 'src/layout.c', flags: [] },
]

const run = (command, args) => spawnSync(command, args, { cwd: here, encoding: 'utf8' })

/** Clang 14 exactly: another version makes other bytes. */
export function hasCompiler() {
  return ['clang-14', 'llvm-strip-14'].every((tool) => run(tool, ['--version']).status === 0)
}

function compile(source, flags, output) {
  const steps = [
    [
      'clang-14',
      [
        '-O2',
        '-g',
        '-Wall',
        '-Wextra',
        '-Werror',
        '-target',
        'bpf',
        '-mcpu=v3',
        '-nostdinc',
        '-fdebug-compilation-dir=.',
        '-Iinclude',
        '-Isrc',
        ...flags,
        '-c',
        source,
        '-o',
        output,
      ],
    ],
    // DWARF goes, BTF stays.
    ['llvm-strip-14', ['-g', output]],
  ]
  for (const [command, args] of steps) {
    const done = run(command, args)
    if (done.status !== 0) throw new Error(`${source}: ${done.stderr || done.error}`)
  }
  return readFileSync(output)
}

/** File name to content, everything that is committed. */
export function build() {
  const work = mkdtempSync(join(tmpdir(), 'hf-bpf-'))
  try {
    const files = new Map()
    for (const { name, source, flags } of objects) {
      const bytes = compile(source, flags, join(work, `${name}.o`))
      files.set(join(here, 'objects', `${name}.o`), bytes)
    }
    return files
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** Whether a rebuild gives what is committed; says what differs. True, and says so, where there is no compiler. */
export function isCurrent() {
  if (!hasCompiler()) {
    console.log('  skipped: no clang 14 here to rebuild bpf/objects with')
    return true
  }
  let current = true
  for (const [path, bytes] of build()) {
    let committed
    try {
      committed = readFileSync(path)
    } catch {
      committed = undefined
    }
    if (committed?.equals(bytes)) continue
    console.error(`${path} is not what its sources make: run node bpf/build.mjs and commit it`)
    current = false
  }
  return current
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) process.exit(isCurrent() ? 0 : 1)
  for (const [path, bytes] of build()) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    console.log(`${path} ${bytes.length}`)
  }
}
