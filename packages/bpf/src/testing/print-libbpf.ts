/** A process of its own: loads the libbpf it is told of, and prints which libraries that brought in. */
import { readFileSync } from 'node:fs'
import { openLibbpf } from '../libbpf.ts'

const { path, version } = openLibbpf({ path: process.argv[2] })
const maps = readFileSync('/proc/self/maps', 'utf8')
const files = new Set(maps.match(/\/\S*lib(?:bpf|elf|z|zstd)\S*\.so\S*/g))
process.stdout.write(JSON.stringify({ path, version, files: [...files] }))
