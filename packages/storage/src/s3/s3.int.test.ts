import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { egressPolicy, openConnector } from '@holdfast/egress'
import { expect, test } from 'vitest'
import { isRetriable } from '../errors.ts'
import { largeBody } from '../testing/content.ts'
import {
  allowLoopback,
  type Contract,
  type ContractTarget,
  storageContract,
} from '../testing/contract.ts'
import { type Swift, startSwift } from './testing/swift.ts'

const mebibyte = 1024 * 1024
let swift: Swift | undefined

/** The service as it is, without anything of ours. */
async function asked<T>(ask: (client: S3Client, bucket: string) => Promise<T>): Promise<T> {
  if (!swift) throw new Error('not started')
  const { port, ca, accessKeyId, secretAccessKey, buckets } = swift
  const { https, destroy } = openConnector({ policy: egressPolicy(allowLoopback) }).agents({
    ca,
    timeoutMs: 5_000,
  })
  const client = new S3Client({
    endpoint: `https://127.0.0.1:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestHandler: { httpsAgent: https },
  })
  try {
    return await ask(client, buckets.room)
  } finally {
    client.destroy()
    destroy()
  }
}

async function start(): Promise<ContractTarget | string> {
  const started = await startSwift()
  if (typeof started === 'string') return started
  swift = started
  const { port, ca, accessKeyId, secretAccessKey, buckets } = started
  const at = (bucket: string) => (host: string) => ({
    endpoint: `https://${host}:${port}`,
    bucket,
    prefix: 'office/holdfast',
    ca,
  })
  return {
    ports: [port],
    config: at(buckets.room),
    credentials: { access_key_id: accessKeyId, secret_access_key: secretAccessKey },
    wrongCredentials: { access_key_id: accessKeyId, secret_access_key: 'not the secret' },
    full: { config: at(buckets.full) },
    leave: () =>
      asked(async (client, bucket) => {
        const object = { Bucket: bucket, Key: 'office/holdfast/left/gone' }
        const { UploadId } = await client.send(new CreateMultipartUploadCommand(object))
        const part = { ...object, UploadId, PartNumber: 1, Body: 'a part' }
        await client.send(new UploadPartCommand(part))
      }),
    stop: started.stop,
  }
}

const uploads = (prefix: string): Promise<readonly unknown[]> =>
  asked(async (client, bucket) => {
    const wanted = { Bucket: bucket, Prefix: `office/holdfast/${prefix}` }
    return (await client.send(new ListMultipartUploadsCommand(wanted))).Uploads ?? []
  })

function partRules(contract: Contract): void {
  test('an upload in parts that is given up, or fails, is taken back', async () => {
    const storage = await contract.open()
    const folder = contract.prefix()
    const { body } = largeBody(24 * mebibyte)
    const mine = new Error('no longer wanted')
    const over = new AbortController()
    let begun: readonly unknown[] = []
    const givenUp = storage.put(
      `${folder}/aborted`,
      async function* () {
        yield* body()
        // Parts are on their way while the body goes on.
        await expect
          .poll(async () => (begun = await uploads(folder)), { timeout: 20_000 })
          .toHaveLength(1)
        over.abort(mine)
        yield Buffer.from('more')
      },
      { signal: over.signal },
    )
    await expect(givenUp).rejects.toBe(mine)
    expect(begun).toHaveLength(1)
    expect(await uploads(folder)).toEqual([])
    await expect(
      storage.put(`${folder}/short`, body, { size: 24 * mebibyte + 1 }),
    ).rejects.toSatisfy(isRetriable)
    expect(await uploads(folder)).toEqual([])
    expect(await storage.stat(`${folder}/aborted`)).toBeUndefined()
    expect(await storage.stat(`${folder}/short`)).toBeUndefined()
  })

  test('a bucket that is not there is said to be none', async () => {
    const storage = await contract.open({
      config: (host) => ({ ...contract.target.config(host), bucket: 'no-such-bucket' }),
    })
    await expect(storage.put('object', largeBody(1).body)).rejects.toThrow(
      'no bucket no-such-bucket',
    )
  })
}

storageContract('s3', start, { rules: partRules })
