import protobuf from 'protobufjs/minimal.js'

// 64-bit fields decode to plain numbers: sequences, milliseconds and byte counts stay below 2^53,
// and the `Long` objects protobufjs prefers cost an allocation a field (docs/adr/0003).
// @ts-expect-error -- typed as always present
protobuf.util.Long = undefined
protobuf.configure()
