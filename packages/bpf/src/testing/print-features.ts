/** A process of its own: prints what it may do. For tests that take its rights away. */
import { probeFeatures } from '../features.ts'

process.stdout.write(JSON.stringify(probeFeatures({ path: process.env['HOLDFAST_LIBBPF'] })))
